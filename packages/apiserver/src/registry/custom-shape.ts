import type { ApiObject, JsonObject, StructSchema } from '@typernetes/machinery';

/** How a custom kind is read: its fields, pruning and defaults. */
export interface CustomShape {
  /** For server-side apply and field ownership. */
  readonly fields: StructSchema;
  /**
   * Decodes the document into an object owned by the caller, and the paths of pruned fields. Throws an Error for
   * malformed metadata.
   */
  decode(document: JsonObject): { readonly object: JsonObject; readonly unknownFields: readonly string[] };
  /** In place. */
  applyDefaults(object: ApiObject): void;
  /**
   * Adapts a stored object to the current schema: prunes and defaults it, in place; returns whether anything changed.
   */
  reread(object: ApiObject): boolean;
}
