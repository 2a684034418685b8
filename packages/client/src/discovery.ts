import { messageOf } from '@typernetes/base';
import type { APIGroupList, APIResourceList, ApiObject, ResourceType } from '@typernetes/machinery';
import type { ApiClient } from './resource-client.ts';

/** A resource that the server serves, with what may be done to it. */
export interface DiscoveredResource extends ResourceType<ApiObject> {
  readonly verbs: readonly string[];
}

export interface Discovery {
  readonly resources: readonly DiscoveredResource[];
  /** Group versions that could not be discovered (for example because an extension server is down), and why. */
  readonly failures: ReadonlyMap<string, string>;
}

interface Options {
  readonly signal?: AbortSignal;
}

type Client = Pick<ApiClient, 'json'>;

const accept = 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,application/json';

/**
 * All resources, each in its group's preferred version or else in the next that has it, without subresources. Requests
 * everything at once, or version by version if the server does not support that. Throws only when the server itself is
 * unreachable.
 */
export async function discoverResources(client: Client, options: Options = {}): Promise<Discovery> {
  const [core, named] = await Promise.all([
    client.json<GroupDiscoveryList | object>('GET', '/api', undefined, { ...options, accept }),
    client.json<GroupDiscoveryList | APIGroupList>('GET', '/apis', undefined, { ...options, accept }),
  ]);
  const failures = new Map<string, string>();
  const found = await Promise.all([
    'items' in core ? fromAggregated(core, failures) : listed(client, ['v1'], { failures, ...options }),
    'items' in named
      ? fromAggregated(named, failures)
      : listed(client, named.groups.flatMap(versionsOf), { failures, ...options }),
  ]);
  return { resources: firstOfEach(found.flat()), failures };
}

/** The used part of an APIGroupDiscoveryList. */
interface GroupDiscoveryList {
  readonly items: readonly {
    readonly metadata?: { readonly name?: string };
    readonly versions: readonly {
      readonly version: string;
      readonly freshness?: 'Current' | 'Stale';
      readonly resources?: readonly {
        readonly resource: string;
        readonly responseKind?: { readonly kind: string };
        readonly scope: 'Namespaced' | 'Cluster';
        readonly singularResource?: string;
        readonly verbs: readonly string[];
      }[];
    }[];
  }[];
}

function fromAggregated({ items }: GroupDiscoveryList, failures: Map<string, string>): DiscoveredResource[] {
  const all: DiscoveredResource[] = [];
  for (const { metadata, versions } of items) {
    const group = metadata?.name ?? '';
    for (const { version, freshness, resources = [] } of versions) {
      const name = group === '' ? version : `${group}/${version}`;
      if (freshness === 'Stale') failures.set(name, `stale GroupVersion discovery: ${name}`);
      for (const { resource: plural, responseKind, scope, singularResource: singular = '', verbs } of resources) {
        const kind = responseKind?.kind ?? '';
        const namespaced = scope === 'Namespaced';
        all.push({ group, version, plural, singular, kind, listKind: `${kind}List`, namespaced, verbs });
      }
    }
  }
  return all;
}

function versionsOf({ versions, preferredVersion }: APIGroupList['groups'][number]): string[] {
  const names = versions.map(({ groupVersion }) => groupVersion);
  const first = preferredVersion?.groupVersion;
  return first === undefined ? names : [first, ...names.filter((name) => name !== first)];
}

async function listed(
  client: Client,
  groupVersions: readonly string[],
  { failures, signal }: Options & { readonly failures: Map<string, string> },
): Promise<DiscoveredResource[]> {
  const lists = groupVersions.map(async (name) => {
    const slash = name.indexOf('/');
    const [group, version] = [name.slice(0, Math.max(slash, 0)), name.slice(slash + 1)];
    const path = group === '' ? `/api/${version}` : `/apis/${name}`;
    try {
      const { resources } = await client.json<APIResourceList>('GET', path, undefined, { signal });
      return resources
        .filter((resource) => !resource.name.includes('/'))
        .map(({ name: plural, singularName: singular, namespaced, kind, verbs }) => ({
          ...{ group, version, plural, singular, kind, listKind: `${kind}List`, namespaced, verbs },
        }));
    } catch (error) {
      signal?.throwIfAborted();
      failures.set(name, messageOf(error));
      return [];
    }
  });
  return (await Promise.all(lists)).flat();
}

function firstOfEach(all: readonly DiscoveredResource[]): DiscoveredResource[] {
  const seen = new Set<string>();
  return all.filter(({ group, plural }) => {
    const name = `${plural}.${group}`;
    return !seen.has(name) && seen.add(name);
  });
}
