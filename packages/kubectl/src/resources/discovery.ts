import { type ApiClient, readBody, responseError } from '@typernetes/client';
import type { DiscoveredResource } from './any-resource.ts';

/** APIGroup and APIResourceList as servers without aggregated discovery give them, and as upstream keeps them on disk. */
export interface Group {
  readonly name: string;
  readonly versions: readonly { readonly groupVersion: string; readonly version: string }[];
  readonly preferredVersion?: { readonly groupVersion: string; readonly version: string };
}

interface ListedResource {
  readonly name: string;
  readonly singularName: string;
  readonly namespaced: boolean;
  readonly group?: string;
  readonly version?: string;
  readonly kind: string;
  readonly verbs: readonly string[];
  readonly shortNames?: readonly string[];
  readonly categories?: readonly string[];
}

export interface ResourceList {
  readonly groupVersion: string;
  readonly resources: readonly ListedResource[];
}

export interface Discovery {
  readonly groups: readonly Group[];
  readonly lists: readonly ResourceList[];
}

const accept = 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,application/json';

/** All resources of the server, by aggregated discovery or, without it, version by version. */
export async function discover(client: Pick<ApiClient, 'transport'>): Promise<Discovery> {
  const [core, named] = await Promise.all([
    answerAt<CoreAnswer>(client, '/api'),
    answerAt<NamedAnswer>(client, '/apis'),
  ]);
  const parts = await Promise.all([
    'items' in core ? aggregated(core.items) : listed(client, [coreGroup(core)]),
    'items' in named ? aggregated(named.items) : listed(client, named.groups ?? []),
  ]);
  return { groups: parts.flatMap(({ groups }) => groups), lists: parts.flatMap(({ lists }) => lists) };
}

/** All resources of all versions, each group's preferred version first. */
export function resourcesOf({ groups, lists }: Discovery): DiscoveredResource[] {
  const byVersion = new Map(lists.map((list) => [list.groupVersion, list]));
  return groups.flatMap(({ name: group, versions }) =>
    versions.flatMap(({ groupVersion, version }) =>
      (byVersion.get(groupVersion)?.resources ?? [])
        .filter(({ name }) => !name.includes('/'))
        .map(({ name, singularName, namespaced, kind, verbs, shortNames, categories }) => ({
          group,
          version,
          plural: name,
          singular: singularName || kind.toLowerCase(),
          kind,
          listKind: `${kind}List`,
          namespaced,
          verbs,
          shortNames: shortNames ?? [],
          categories: categories ?? [],
        })),
    ),
  );
}

/** Each resource once, in the first version that has it. */
export function preferred(all: readonly DiscoveredResource[]): DiscoveredResource[] {
  const seen = new Set<string>();
  return all.filter(({ group, plural }) => {
    const name = `${plural}.${group}`;
    const first = !seen.has(name);
    seen.add(name);
    return first;
  });
}

type CoreAnswer = { readonly items: readonly GroupDiscovery[] } | { readonly versions?: readonly string[] };
type NamedAnswer = { readonly items: readonly GroupDiscovery[] } | { readonly groups?: readonly Group[] };

interface GroupDiscovery {
  readonly metadata?: { readonly name?: string };
  readonly versions: readonly {
    readonly version: string;
    readonly freshness?: 'Current' | 'Stale';
    readonly resources?: readonly {
      readonly resource: string;
      readonly responseKind?: Kind;
      readonly scope: 'Namespaced' | 'Cluster';
      readonly singularResource?: string;
      readonly verbs: readonly string[];
      readonly shortNames?: readonly string[];
      readonly categories?: readonly string[];
      readonly subresources?: readonly {
        readonly subresource: string;
        readonly responseKind?: Kind;
        readonly verbs: readonly string[];
      }[];
    }[];
  }[];
}

interface Kind {
  readonly group?: string;
  readonly version?: string;
  readonly kind: string;
}

function aggregated(found: readonly GroupDiscovery[]): Discovery {
  const lists: ResourceList[] = [];
  const groups = found.map((group) => {
    const name = group.metadata?.name ?? '';
    // As in upstream, a version whose server does not answer is left out.
    const fresh = group.versions.filter(({ freshness }) => freshness !== 'Stale');
    const versions = fresh.map(({ version }) => ({ groupVersion: groupVersionOf(name, version), version }));
    for (const { version, resources = [] } of fresh) {
      const own = (kind: Kind | undefined): Kind => kind ?? { group: name, version, kind: '' };
      const place = (kind: Kind): Partial<Kind> => ({
        ...(kind.group ? { group: kind.group } : {}),
        ...(kind.version ? { version: kind.version } : {}),
      });
      lists.push({
        groupVersion: groupVersionOf(name, version),
        resources: resources.flatMap((one) => {
          const kind = own(one.responseKind);
          const base = { singularName: one.singularResource ?? '', namespaced: one.scope === 'Namespaced' };
          return [
            {
              name: one.resource,
              ...base,
              ...place(kind),
              kind: kind.kind,
              verbs: one.verbs,
              ...(one.shortNames?.length ? { shortNames: one.shortNames } : {}),
              ...(one.categories?.length ? { categories: one.categories } : {}),
            },
            ...(one.subresources ?? []).map(({ subresource, responseKind, verbs }) => ({
              name: `${one.resource}/${subresource}`,
              ...base,
              ...place(own(responseKind)),
              kind: own(responseKind).kind,
              verbs,
            })),
          ];
        }),
      });
    }
    return { name, versions, ...(versions[0] ? { preferredVersion: versions[0] } : {}) };
  });
  return { groups, lists };
}

const groupVersionOf = (group: string, version: string): string => (group === '' ? version : `${group}/${version}`);

function coreGroup(answer: { readonly versions?: readonly string[] }): Group {
  const versions = (answer.versions ?? []).map((version) => ({ groupVersion: version, version }));
  return { name: '', versions };
}

/** As in upstream, versions of unavailable APIServices are left out. */
async function listed(client: Pick<ApiClient, 'transport'>, groups: readonly Group[]): Promise<Discovery> {
  const ordered = groups.map((group) => {
    const first = group.preferredVersion?.version;
    const versions = [...group.versions].sort((a, b) => Number(b.version === first) - Number(a.version === first));
    return { ...group, versions };
  });
  const lists = await Promise.all(
    ordered.flatMap(({ name, versions }) =>
      versions.map(async ({ groupVersion }) => {
        const path = name === '' ? `/api/${groupVersion}` : `/apis/${groupVersion}`;
        const response = await client.transport.request({
          method: 'GET',
          path,
          headers: { accept: 'application/json' },
        });
        if (response.status === 404 || response.status === 503) {
          await readBody(response);
          return undefined;
        }
        if (response.status !== 200) throw await responseError(response);
        const list = JSON.parse(Buffer.from(await readBody(response)).toString('utf8')) as Partial<ResourceList>;
        return { groupVersion, resources: list.resources ?? [] };
      }),
    ),
  );
  return { groups: ordered, lists: lists.filter((list) => list !== undefined) };
}

async function answerAt<T>(client: Pick<ApiClient, 'transport'>, path: string): Promise<T> {
  const response = await client.transport.request({ method: 'GET', path, headers: { accept } });
  if (response.status !== 200) throw await responseError(response);
  return JSON.parse(Buffer.from(await readBody(response)).toString('utf8')) as T;
}
