import type { APIGroupDiscovery, APIGroupDiscoveryList, APIResourceDiscovery } from '@typernetes/api/apidiscovery/v2';
import type { Connection } from './connection.ts';
import { type Resource, resourceName } from './resource.ts';

const accept = 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList';

/** Every resource that can be listed, each once, in the version that the server prefers. */
export async function discover(connection: Connection): Promise<Catalogue> {
  const [core, groups] = await Promise.all(
    ['/api', '/apis'].map((path) => connection.json<APIGroupDiscoveryList>(path, { accept })),
  );
  return catalogueOf([...(core?.items ?? []), ...(groups?.items ?? [])]);
}

/** What is served, by its names. */
export interface Catalogue {
  readonly resources: readonly Resource[];
  /** By `deployments.apps`. */
  named(name: string): Resource | undefined;
  /** By the kind that an object or a reference names; any version will do. */
  ofKind(apiVersion: string, kind: string): Resource | undefined;
}

function catalogueOf(groups: readonly APIGroupDiscovery[]): Catalogue {
  const resources = new Map<string, Resource>();
  for (const { metadata, versions = [] } of groups) {
    for (const { version, resources: served = [] } of versions) {
      for (const one of served) {
        const resource = resourceOf(one, { group: metadata.name ?? '', version });
        const name = resourceName(resource);
        if (resource.verbs.includes('list') && !resources.has(name)) resources.set(name, resource);
      }
    }
  }
  const all = [...resources.values()];
  return {
    resources: all,
    named: (name) => resources.get(name),
    ofKind: (apiVersion, kind) => {
      const group = apiVersion.includes('/') ? apiVersion.slice(0, apiVersion.indexOf('/')) : '';
      return all.find((one) => one.group === group && one.kind === kind);
    },
  };
}

function resourceOf(
  { resource, responseKind, scope, verbs, shortNames = [], subresources = [] }: APIResourceDiscovery,
  { group, version }: { group: string; version: string },
): Resource {
  return {
    group,
    version,
    plural: resource,
    kind: responseKind?.kind ?? resource,
    namespaced: scope === 'Namespaced',
    verbs,
    shortNames,
    subresources: subresources.map(({ subresource }) => subresource),
  };
}
