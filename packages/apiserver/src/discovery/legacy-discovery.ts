import { apiVersionOf } from '@typernetes/machinery';
import type { DiscoveredGroup, DiscoveredResource, DiscoveredVersion } from './discovered-resource.ts';

/** `/api` */
export function apiVersionsDocument(groups: readonly DiscoveredGroup[], serverAddress: string): object {
  const core = groups.find(({ name }) => name === '');
  return {
    kind: 'APIVersions',
    versions: core?.versions.map(({ version }) => version) ?? [],
    serverAddressByClientCIDRs: [{ clientCIDR: '0.0.0.0/0', serverAddress }],
  };
}

/** `/apis` */
export function apiGroupListDocument(groups: readonly DiscoveredGroup[]): object {
  const named = groups.filter(({ name }) => name !== '');
  return { kind: 'APIGroupList', apiVersion: 'v1', groups: named.map(groupFields) };
}

/** `/apis/apps` */
export function apiGroupDocument(group: DiscoveredGroup): object {
  return { kind: 'APIGroup', apiVersion: 'v1', ...groupFields(group) };
}

function groupFields({ name, versions }: DiscoveredGroup): object {
  const entries = versions.map((version) => ({ groupVersion: apiVersionOf(version), version: version.version }));
  return { name, versions: entries, preferredVersion: entries[0] };
}

/** `/api/v1` and `/apis/apps/v1` */
export function apiResourceListDocument(version: DiscoveredVersion): object {
  return {
    kind: 'APIResourceList',
    ...(version.group === '' ? {} : { apiVersion: 'v1' }),
    groupVersion: apiVersionOf(version),
    resources: version.resources.flatMap(apiResources),
  };
}

function apiResources(resource: DiscoveredResource): object[] {
  const { plural, namespaced } = resource;
  const own = {
    name: plural,
    singularName: resource.singular,
    namespaced,
    kind: resource.kind,
    verbs: resource.verbs,
    ...(resource.shortNames?.length ? { shortNames: resource.shortNames } : {}),
    ...(resource.categories?.length ? { categories: resource.categories } : {}),
    ...(resource.storageVersionHash ? { storageVersionHash: resource.storageVersionHash } : {}),
  };
  const below = resource.subresources.map(({ name, group, version, kind, verbs }) => ({
    name: `${plural}/${name}`,
    singularName: '',
    namespaced,
    ...(group === resource.group && version === resource.version ? {} : { group, version }),
    kind,
    verbs,
  }));
  return [own, ...below];
}
