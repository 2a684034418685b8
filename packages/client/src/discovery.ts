import { messageOf } from '@typernetes/base';
import type { APIGroupList, APIResourceList, ApiObject, ResourceType } from '@typernetes/machinery';
import type { ApiClient } from './resource-client.ts';

/** A resource that the server serves, with what may be done to it. */
export interface DiscoveredResource extends ResourceType<ApiObject> {
  readonly verbs: readonly string[];
}

export interface Discovery {
  readonly resources: readonly DiscoveredResource[];
  /** Group versions that could not be asked, an extension server that is down say, and why. */
  readonly failures: ReadonlyMap<string, string>;
}

/** All resources in the preferred version of each group, without subresources. Throws only when the server itself is away. */
export async function discoverResources(
  client: Pick<ApiClient, 'json'>,
  options: { readonly signal?: AbortSignal } = {},
): Promise<Discovery> {
  const { groups } = await client.json<APIGroupList>('GET', '/apis', undefined, options);
  const versions = groups.flatMap(({ name, preferredVersion, versions: [first] }) => {
    const version = (preferredVersion ?? first)?.version;
    return version ? [{ group: name, version, path: `/apis/${name}/${version}` }] : [];
  });
  const failures = new Map<string, string>();
  const found = await Promise.all(
    [{ group: '', version: 'v1', path: '/api/v1' }, ...versions].map(async ({ group, version, path }) => {
      try {
        const list = await client.json<APIResourceList>('GET', path, undefined, options);
        return list.resources.flatMap((resource) => discovered(resource, { group, version }));
      } catch (error) {
        options.signal?.throwIfAborted();
        failures.set(group === '' ? version : `${group}/${version}`, messageOf(error));
        return [];
      }
    }),
  );
  return { resources: found.flat(), failures };
}

function discovered(
  { name, singularName, namespaced, kind, verbs }: APIResourceList['resources'][number],
  { group, version }: { readonly group: string; readonly version: string },
): DiscoveredResource[] {
  if (name.includes('/')) return [];
  return [{ group, version, plural: name, singular: singularName, kind, listKind: `${kind}List`, namespaced, verbs }];
}
