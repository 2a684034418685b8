import { typeTable } from './types.gen.ts';

/** A field of a type in the facts; their README explains the letters. */
export interface FieldFact {
  readonly t: string;
  readonly g?: string;
  readonly ptr?: 1;
  readonly req?: 1;
  readonly inl?: 1;
  /** Written as null when unset: `writesNull` of tools/codegen. */
  readonly nul?: 1;
  readonly oe?: 1;
  readonly oz?: 1;
  readonly ps?: string;
  readonly pmk?: string;
  readonly lt?: 'atomic' | 'set' | 'map';
  readonly lmk?: readonly string[];
  readonly mt?: 'atomic' | 'granular';
  readonly st?: 'atomic' | 'granular';
  readonly def?: unknown;
}

export interface TypeFact {
  readonly gvk?: readonly [group: string, version: string, kind: string];
  readonly st?: 'atomic' | 'granular';
  readonly special?: string;
  readonly fields: Readonly<Record<string, FieldFact>>;
}

interface TypeTable {
  readonly types: Readonly<Record<string, TypeFact>>;
  /** Closed enumerations only. */
  readonly enums: Readonly<Record<string, readonly string[]>>;
}

let table: TypeTable | undefined;

/** All types by key (`core/v1.PodSpec`), parsed on first use. */
export function typeFacts(): TypeTable {
  table ??= JSON.parse(typeTable) as TypeTable;
  return table;
}

/** The fields of a type, with inlined embeds expanded. */
export function flattenedFields(type: TypeFact): [name: string, fact: FieldFact][] {
  return Object.entries(type.fields).flatMap(([name, fact]) => {
    if (fact.inl !== 1) return [[name, fact] as [string, FieldFact]];
    const embedded = typeFacts().types[fact.t];
    return embedded === undefined ? [] : flattenedFields(embedded);
  });
}
