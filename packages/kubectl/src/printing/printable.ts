import type { ApiObject } from '@typernetes/machinery';
import type { AnyResource } from '../resources/any-resource.ts';

/** An object to print, with its resource. */
export interface Printable {
  readonly type: AnyResource;
  readonly object: ApiObject;
  /** The object's fields are in the order of the output. */
  readonly typed?: boolean;
}
