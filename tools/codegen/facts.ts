import { readFileSync } from 'node:fs';

/** One field of a type in types.json; see the README of the facts for the letters. */
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

/** `core/v1.PodSpec` to [`core/v1`, `PodSpec`]. */
export function splitTypeKey(key: string): [dir: string, name: string] {
  const dot = key.lastIndexOf('.');
  return [key.slice(0, dot), key.slice(dot + 1)];
}

/** Whether the types of a group and version are those of objects that a server writes, and not of files that it reads. */
export const isServed = ({ resources }: Pick<Facts, 'resources'>, dir: string): boolean =>
  dir === 'meta/v1' || resources.some(({ type }) => splitTypeKey(type)[0] === dir);

/** Lists that have to be there and may be empty all the same. */
const emptyAllowed: ReadonlySet<string> = new Set([
  '[]batch/v1.PodFailurePolicyRule',
  '[]core/v1.LimitRangeItem',
  '[]storage/v1.CSINodeDriver',
]);

/**
 * Whether upstream writes null for a field that is not set: for times, and for lists and maps that it never leaves out. Of those that have to be
 * there most are refused when they are empty, so that nobody ever sees them.
 */
export function writesNull({ t, ptr, oe, oz, req }: FieldFact): boolean {
  if (ptr || oz) return false;
  return /^(Micro)?Time$/.test(t) || (!oe && /^(\[\]|map\[)/.test(t) && (!req || emptyAllowed.has(t)));
}
