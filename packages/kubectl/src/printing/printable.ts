import type { ApiObject } from '@typernetes/machinery';
import type { AnyResource } from '../resources/any-resource.ts';

/** Something to print, with the resource it belongs to. */
export interface Printable {
  readonly type: AnyResource;
  readonly object: ApiObject;
  /** The members are in the order in which they are to be shown. */
  readonly typed?: boolean;
}
