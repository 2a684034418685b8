import { resourceTable } from './resources.gen.ts';

export interface SubresourceFact {
  readonly name: string;
  readonly kind: string;
  /** Set where it differs from the resource's group version: `autoscaling/v1`. */
  readonly gv?: string;
  readonly verbs: readonly string[];
}

/** Discovery information about one resource in one version. */
export interface ResourceFact {
  readonly group: string;
  readonly version: string;
  readonly plural: string;
  readonly singular: string;
  readonly kind: string;
  readonly listKind?: string;
  readonly namespaced: boolean;
  readonly verbs: readonly string[];
  readonly shortNames?: readonly string[];
  readonly categories?: readonly string[];
  /** The key of its type, `apps/v1.Deployment`. */
  readonly type: string;
  readonly enabledByDefault?: boolean;
  /** Releases such as `1.36`. */
  readonly lifecycle?: { readonly introduced: string } | null;
  readonly storageVersionHash?: string;
  readonly storageVersion?: string;
  readonly etcdPrefix?: string;
  readonly subresources?: readonly SubresourceFact[];
  readonly fieldSelectors?: readonly string[];
  readonly strategy?: Readonly<Record<string, { readonly reset?: readonly string[] }>>;
}

export interface GroupFact {
  readonly group: string;
  readonly versions: readonly string[];
  readonly preferred: string;
  readonly enabledByDefault?: readonly string[];
}

interface ResourceTable {
  readonly groups: readonly GroupFact[];
  readonly resources: readonly ResourceFact[];
}

let table: ResourceTable | undefined;

/** All resources of the API in discovery order, parsed on first use. */
export function resourceFacts(): ResourceTable {
  table ??= JSON.parse(resourceTable) as ResourceTable;
  return table;
}

/** The resources that a server serves by default. */
export function defaultResources(): readonly ResourceFact[] {
  return resourceFacts().resources.filter((resource) => resource.enabledByDefault === true);
}
