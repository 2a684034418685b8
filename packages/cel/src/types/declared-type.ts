import type { ListKind } from '../values/value.ts';
import type { CelType } from './type.ts';

/** A type whose values are JSON: what a schema says about them, so that they can be read without being copied. */
export interface DeclaredType {
  readonly type: CelType;
  /** Of objects, by their names in CEL. */
  readonly fields?: ReadonlyMap<string, DeclaredField>;
  /** Of lists and maps. */
  readonly element?: DeclaredType;
  /** Of maps, when more is known of their keys than the type. */
  readonly key?: DeclaredType;
  /** How a list is compared and joined: by position, as a set, or by the keys of its items. */
  readonly list?: ListKind;
  readonly nullable?: boolean;
  /** Upper bounds, for estimates of cost: items, properties or characters. */
  readonly maxSize?: number;
  /** Of maps, when a member that is selected by its name is as large as any; else nothing is known of it. */
  readonly sizedByName?: boolean;
  /** How many bytes of JSON a value takes at least. */
  readonly minJsonSize?: number;
}

export interface DeclaredField {
  /** As in JSON. */
  readonly name: string;
  readonly type: DeclaredType;
  readonly default?: unknown;
}
