import { createHash } from 'node:crypto';
import type { DiscoveredGroup, DiscoveredResource } from './discovered-resource.ts';

/** The media type under which `/api` and `/apis` yield everything at once. */
export const aggregatedDiscoveryType = 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList';

/** Whether the client's Accept header prefers the aggregated format. */
export function acceptsAggregatedDiscovery(accept: string): boolean {
  for (const choice of accept.split(',')) {
    const [type, ...parameters] = choice.split(';').map((part) => part.trim());
    if (type !== 'application/json' && type !== '*/*' && type !== 'application/*') continue;
    const values = new Map(parameters.map((parameter) => parameter.split('=') as [string, string]));
    if (values.get('as') === 'APIGroupDiscoveryList') {
      if (values.get('g') === 'apidiscovery.k8s.io' && values.get('v') === 'v2') return true;
      continue;
    }
    if (values.get('as') === undefined) return false;
  }
  return false;
}

/** The APIGroupDiscoveryList of `/api` (the core group) or `/apis` (all others). */
export function aggregatedDiscoveryDocument(groups: readonly DiscoveredGroup[], root: 'api' | 'apis'): object {
  const shown = groups
    .filter(({ name }) => (name === '') === (root === 'api'))
    .map(({ name, versions }) => ({ name, versions: versions.filter(({ unserved }) => !unserved) }))
    .filter(({ versions }) => versions.length > 0);
  return {
    kind: 'APIGroupDiscoveryList',
    apiVersion: 'apidiscovery.k8s.io/v2',
    metadata: {},
    items: shown.map(({ name, versions }) => ({
      metadata: name === '' ? {} : { name },
      versions: versions.map(({ version, resources, stale }) => ({
        version,
        ...(resources.length === 0 ? {} : { resources: resources.map(resourceEntry) }),
        freshness: stale ? 'Stale' : 'Current',
      })),
    })),
  };
}

function resourceEntry(resource: DiscoveredResource): object {
  const { group, version, kind, shortNames, categories, subresources } = resource;
  return {
    resource: resource.plural,
    responseKind: { group, version, kind },
    scope: resource.namespaced ? 'Namespaced' : 'Cluster',
    singularResource: resource.singular,
    verbs: resource.verbs,
    ...(shortNames?.length ? { shortNames } : {}),
    ...(categories?.length ? { categories } : {}),
    ...(subresources.length === 0
      ? {}
      : {
          subresources: subresources.map((subresource) => ({
            subresource: subresource.name,
            responseKind: { group: subresource.group, version: subresource.version, kind: subresource.kind },
            verbs: subresource.verbs,
          })),
        }),
  };
}

/** The ETag of a document, quotes included: clients send it back in If-None-Match and get a 304. */
export function discoveryEtag(body: string): string {
  return `"${createHash('sha512').update(body).digest('hex').toUpperCase()}"`;
}
