import type { ApiObject, ResourceType } from '@typernetes/machinery';

/** A resource of a kind that is only known at run time. */
export type AnyResource = ResourceType<ApiObject>;

/** A resource from discovery. */
export interface DiscoveredResource extends AnyResource {
  readonly verbs: readonly string[];
}
