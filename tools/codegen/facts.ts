import { readFileSync } from 'node:fs';

/** A field of a type in types.json; the README of the facts explains the letters. */
export interface FieldFact {
  readonly t: string;
  readonly g?: string;
  readonly ptr?: 1;
  readonly req?: 1;
  readonly oe?: 1;
  readonly oz?: 1;
  readonly inl?: 1;
  readonly dep?: 1;
}

export interface TypeFact {
  readonly gvk?: readonly [string, string, string];
  readonly fields?: Readonly<Record<string, FieldFact>>;
}

export interface EnumFact {
  readonly alias: string;
  readonly enum?: 1;
  readonly values?: readonly string[];
}

export interface ResourceFact {
  readonly group: string;
  readonly version: string;
  readonly plural: string;
  readonly singular: string;
  readonly kind: string;
  readonly listKind?: string;
  readonly namespaced: boolean;
  readonly shortNames?: readonly string[];
  readonly categories?: readonly string[];
  readonly type: string;
}

export interface Facts {
  readonly types: Readonly<Record<string, TypeFact>>;
  readonly enums: Readonly<Record<string, EnumFact>>;
  readonly resources: readonly ResourceFact[];
}

export function readFacts(folder: string): Facts {
  const { types, enums } = JSON.parse(readFileSync(`${folder}/types.json`, 'utf8')) as Pick<Facts, 'types' | 'enums'>;
  const { resources } = JSON.parse(readFileSync(`${folder}/resources.json`, 'utf8')) as Pick<Facts, 'resources'>;
  return { types, enums, resources };
}

/** Splits `core/v1.PodSpec` into [`core/v1`, `PodSpec`]. */
export function splitTypeKey(key: string): [dir: string, name: string] {
  const dot = key.lastIndexOf('.');
  return [key.slice(0, dot), key.slice(dot + 1)];
}

/** Whether a group version has objects that a server writes, rather than configuration files. */
export const isServed = ({ resources }: Pick<Facts, 'resources'>, dir: string): boolean =>
  dir === 'meta/v1' || resources.some(({ type }) => splitTypeKey(type)[0] === dir);

/** Required lists that may be empty nevertheless. */
const emptyAllowed: ReadonlySet<string> = new Set([
  '[]batch/v1.PodFailurePolicyRule',
  '[]core/v1.LimitRangeItem',
  '[]storage/v1.CSINodeDriver',
]);

/**
 * Whether upstream writes null for an unset field: it does for times, and for lists and maps that are never omitted.
 * Most required lists are rejected when empty, so that the null never shows.
 */
export function writesNull({ t, ptr, oe, oz, req }: FieldFact): boolean {
  if (ptr || oz) return false;
  return /^(Micro)?Time$/.test(t) || (!oe && /^(\[\]|map\[)/.test(t) && (!req || emptyAllowed.has(t)));
}
