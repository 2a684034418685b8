import type { ListKind } from '../types/list-kind.ts';
import { type CelType, runtimeTypeName } from '../types/type.ts';

/** A CEL value: ints are bigints, doubles are numbers. */
export type CelValue =
  | null
  | boolean
  | bigint
  | number
  | string
  | Uint8Array
  | CelUint
  | CelTimestamp
  | CelDuration
  | CelList
  | CelMap
  | CelTypeValue
  | CelOptional
  | CelOpaque;

export class CelUint {
  readonly value: bigint;
  constructor(value: bigint) {
    this.value = value;
  }
}

/** Nanoseconds since 1970. */
export class CelTimestamp {
  readonly nanos: bigint;
  constructor(nanos: bigint) {
    this.nanos = nanos;
  }
}

export class CelDuration {
  readonly nanos: bigint;
  constructor(nanos: bigint) {
    this.nanos = nanos;
  }
}

export class CelTypeValue {
  readonly name: string;
  constructor(type: CelType | string) {
    this.name = typeof type === 'string' ? type : runtimeTypeName(type);
  }
}

export class CelOptional {
  readonly content: CelValue | undefined;
  constructor(content: CelValue | undefined) {
    this.content = content;
  }
  static readonly none = new CelOptional(undefined);
}

/** A value of a library type, such as a quantity or an address, identified by its type name. */
export abstract class CelOpaque {
  abstract readonly typeName: string;
  abstract equals(other: CelValue): boolean;
}

export abstract class CelList implements Iterable<CelValue> {
  abstract readonly size: number;
  declare readonly kind: ListKind | undefined;
  /** Returns the item; callers must stay within bounds. */
  abstract at(index: number): CelValue;

  *[Symbol.iterator](): Generator<CelValue> {
    for (let i = 0; i < this.size; i++) yield this.at(i);
  }
}

export class ArrayList extends CelList {
  readonly values: readonly CelValue[];
  constructor(values: readonly CelValue[]) {
    super();
    this.values = values;
  }
  get size(): number {
    return this.values.length;
  }
  at(index: number): CelValue {
    return this.values[index] as CelValue;
  }
}

/** A set or keyed list that was built from others. */
export class KindedList extends ArrayList {
  override readonly kind: ListKind;
  constructor(values: readonly CelValue[], kind: ListKind) {
    super(values);
    this.kind = kind;
  }
}

/** A list built item by item in a fold: shares its array with the list it extends, which keeps its own length. */
export class GrownList extends CelList {
  readonly size: number;
  readonly #shared: CelValue[];

  private constructor(shared: CelValue[]) {
    super();
    this.#shared = shared;
    this.size = shared.length;
  }

  static join(left: CelList, right: CelList): CelList {
    if (right.size === 0) return left;
    const shared = left instanceof GrownList && left.#shared.length === left.size ? left.#shared : [...left];
    for (const value of right) shared.push(value);
    return new GrownList(shared);
  }

  at(index: number): CelValue {
    return this.#shared[index] as CelValue;
  }
}

export abstract class CelMap {
  abstract readonly size: number;
  /** Undefined if there is no such key. */
  abstract get(key: CelValue): CelValue | undefined;
  /** Implements `in`. */
  has(key: CelValue): boolean {
    return this.get(key) !== undefined;
  }
  abstract keys(): Iterable<CelValue>;
  /** The type name of an object; undefined for maps. */
  get typeName(): string | undefined {
    return undefined;
  }
}

/**
 * A key for JavaScript maps: equal numbers give the same key, whatever their type. Undefined for values that cannot be
 * keys.
 */
export function mapKey(key: CelValue): string | number | boolean | bigint | undefined {
  if (typeof key === 'string') return `s${key}`;
  if (typeof key === 'boolean' || typeof key === 'bigint') return key;
  if (typeof key === 'number') return Number.isInteger(key) ? BigInt(key) : key;
  return key instanceof CelUint ? key.value : undefined;
}

export class EntriesMap extends CelMap {
  readonly #entries = new Map<unknown, readonly [CelValue, CelValue]>();

  constructor(entries: Iterable<readonly [CelValue, CelValue]>) {
    super();
    for (const entry of entries) this.#entries.set(mapKey(entry[0]), entry);
  }
  get size(): number {
    return this.#entries.size;
  }
  get(key: CelValue): CelValue | undefined {
    return this.#entries.get(mapKey(key))?.[1];
  }
  *keys(): Generator<CelValue> {
    for (const [key] of this.#entries.values()) yield key;
  }
}

/** An evaluation error; the message is upstream's. */
export class CelError extends Error {
  override readonly name: string = 'CelError';
}

/** Ends the whole evaluation; unlike a CelError, `||` and `&&` do not absorb it. */
export class CostLimitError extends Error {
  override readonly name = 'CostLimitError';
  constructor() {
    super('operation cancelled: actual cost limit exceeded');
  }
}
