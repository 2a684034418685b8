import type { ApiObject, ResourceType } from '@typernetes/machinery';

/** A resource whose kind is not known before the program runs. */
export type AnyResource = ResourceType<ApiObject>;

/** A resource as discovery lists it. */
export interface DiscoveredResource extends AnyResource {
  readonly verbs: readonly string[];
}
