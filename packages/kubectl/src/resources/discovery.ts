import { type ApiClient, readBody, responseError } from '@typernetes/client';
import type { DiscoveredResource } from './finder.ts';

const accept = 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,application/json';

interface GroupDiscovery {
  readonly metadata?: { readonly name?: string };
  readonly versions: readonly {
    readonly version: string;
    readonly resources?: readonly {
      readonly resource: string;
      readonly responseKind?: { readonly kind: string };
      readonly scope: 'Namespaced' | 'Cluster';
      readonly singularResource?: string;
      readonly verbs: readonly string[];
      readonly shortNames?: readonly string[];
      readonly categories?: readonly string[];
    }[];
  }[];
}

/** Everything the server has, in all versions, each group's preferred one first. */
export async function discover(client: Pick<ApiClient, 'transport'>): Promise<DiscoveredResource[]> {
  const lists = await Promise.all(['/api', '/apis'].map((path) => groupsAt(client, path)));
  return lists.flat().flatMap((group) =>
    group.versions.flatMap(({ version, resources = [] }) =>
      resources.map((found) => {
        const kind = found.responseKind?.kind ?? '';
        return {
          group: group.metadata?.name ?? '',
          version,
          plural: found.resource,
          singular: found.singularResource || kind.toLowerCase(),
          kind,
          listKind: `${kind}List`,
          namespaced: found.scope === 'Namespaced',
          verbs: found.verbs,
          shortNames: found.shortNames ?? [],
          categories: found.categories ?? [],
        };
      }),
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

async function groupsAt(client: Pick<ApiClient, 'transport'>, path: string): Promise<readonly GroupDiscovery[]> {
  const response = await client.transport.request({ method: 'GET', path, headers: { accept } });
  if (response.status !== 200) throw await responseError(response);
  const body = JSON.parse(Buffer.from(await readBody(response)).toString('utf8')) as { items?: GroupDiscovery[] };
  return body.items ?? [];
}
