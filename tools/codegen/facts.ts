import { readFileSync } from 'node:fs';

/** One field of a type in types.json; see the README of the facts for the letters. */
export interface FieldFact {
  readonly t: string;
  readonly g?: string;
  readonly ptr?: 1;
  readonly req?: 1;
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
