import type { ListKind } from './list-kind.ts';
import { type CelType, listType, mapType, objectType, stringType } from './type.ts';

/** A type for JSON values, taken from their schema: values are read in place instead of being copied. */
export interface DeclaredType {
  readonly type: CelType;
  /** For objects: fields by their CEL names. */
  readonly fields?: ReadonlyMap<string, DeclaredField>;
  /** For lists and maps. */
  readonly element?: DeclaredType;
  /** For maps: the declared type of the keys, if more than their CEL type is known. */
  readonly key?: DeclaredType;
  /** How a list is compared and joined: by position, as a set, or by the keys of its items. */
  readonly list?: ListKind;
  readonly nullable?: boolean;
  /** The maximum number of items, properties or characters, for cost estimates. */
  readonly maxSize?: number;
  /** For maps: whether a member selected by name counts as large as any member; without this its size is unknown. */
  readonly sizedByName?: boolean;
  /** The fewest bytes of JSON that a value takes. */
  readonly minJsonSize?: number;
}

export interface DeclaredField {
  /** The name in JSON. */
  readonly name: string;
  readonly type: DeclaredType;
  readonly default?: unknown;
}

const declared = (type: CelType | DeclaredType): DeclaredType => ('kind' in type ? { type } : type);

/** An object type whose fields have the same names in JSON. */
export const recordType = (name: string, fields: Readonly<Record<string, CelType | DeclaredType>>): DeclaredType => ({
  type: objectType(name),
  fields: new Map(Object.entries(fields).map(([field, type]) => [field, { name: field, type: declared(type) }])),
});

export function listOf(element: CelType | DeclaredType): DeclaredType {
  const inner = declared(element);
  return { type: listType(inner.type), element: inner };
}

/** A map from strings. */
export function mapOf(values: CelType | DeclaredType): DeclaredType {
  const inner = declared(values);
  return { type: mapType(stringType, inner.type), element: inner };
}
