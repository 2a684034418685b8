import { isJsonObject } from '@typernetes/machinery';
import type { DiscoveredResource } from '../discovery/discovered-resource.ts';

interface GroupVersion {
  readonly group: string;
  readonly version: string;
}

interface Kind {
  readonly group?: string;
  readonly version?: string;
  readonly kind: string;
}

/** A resource in `apidiscovery.k8s.io/v2` and `v2beta1`. */
interface Entry {
  readonly resource: string;
  readonly responseKind?: Kind;
  readonly scope?: string;
  readonly singularResource?: string;
  readonly verbs?: string[];
  readonly shortNames?: string[];
  readonly categories?: string[];
  readonly subresources?: readonly {
    readonly subresource: string;
    readonly responseKind?: Kind;
    readonly verbs?: string[];
  }[];
}

interface GroupEntry {
  readonly metadata?: { readonly name?: string };
  readonly versions?: readonly { readonly version: string; readonly resources?: readonly Entry[] }[];
}

/**
 * The resources of one version in a server's own APIGroupDiscoveryList. Undefined if the document is not one, or lacks
 * the version: then the plain list counts.
 */
export function discoveredFromAggregated(
  document: unknown,
  { group, version }: GroupVersion,
): DiscoveredResource[] | undefined {
  if (!isJsonObject(document) || document.kind !== 'APIGroupDiscoveryList' || !Array.isArray(document.items)) {
    return undefined;
  }
  const found = (document.items as GroupEntry[])
    .find(({ metadata }) => metadata?.name === group)
    ?.versions?.find((one) => one.version === version);
  const own = { group, version };
  return found?.resources?.map((entry) => ({
    ...own,
    ...entry.responseKind,
    kind: entry.responseKind?.kind ?? '',
    plural: entry.resource,
    singular: entry.singularResource ?? '',
    namespaced: entry.scope === 'Namespaced',
    verbs: entry.verbs ?? [],
    ...(entry.shortNames ? { shortNames: entry.shortNames } : {}),
    ...(entry.categories ? { categories: entry.categories } : {}),
    subresources: (entry.subresources ?? []).map(({ subresource, responseKind, verbs = [] }) => ({
      ...own,
      ...responseKind,
      kind: responseKind?.kind ?? '',
      name: subresource,
      verbs,
    })),
  }));
}
