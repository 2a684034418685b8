import { anySchema, type FieldSchema, type ScalarType, type Schema, type StructSchema } from '@typernetes/machinery';
import { type FieldFact, flattenedFields, type TypeFact, typeFacts } from './type-table.ts';

const scalarTypes: Readonly<Record<string, ScalarType>> = {
  string: 'string',
  bool: 'bool',
  int32: 'int',
  int64: 'int',
  uint32: 'int',
  uint64: 'int',
  durationNs: 'int',
  float32: 'float',
  float64: 'float',
  bytes: 'bytes',
  Quantity: 'quantity',
  IntOrString: 'intOrString',
  Time: 'time',
  MicroTime: 'microTime',
  Duration: 'duration',
};

/** Upstream's names of scalar types where they differ from the facts. */
const goNames: Readonly<Record<string, string>> = {
  bytes: '[]uint8',
  durationNs: 'time.Duration',
  Quantity: 'resource.Quantity',
  IntOrString: 'intstr.IntOrString',
  Time: 'v1.Time',
  MicroTime: 'v1.MicroTime',
  Duration: 'v1.Duration',
};

/** Types with alternatives that are not all objects: nothing below them is checked. */
const eitherOr = /\.JSONSchemaPropsOr(Array|Bool|StringArray)$/;

/** A struct whose fields are built on first use, since types may refer to themselves. */
class FactStruct implements StructSchema {
  readonly kind = 'struct';
  readonly goType: string;
  readonly atomic: boolean;
  readonly #type: TypeFact;
  #fields: ReadonlyMap<string, FieldSchema> | undefined;

  constructor(key: string, options: { type: TypeFact; atomic: boolean }) {
    this.goType = goNameOf(key);
    this.atomic = options.atomic;
    this.#type = options.type;
  }

  get fields(): ReadonlyMap<string, FieldSchema> {
    this.#fields ??= new Map(flattenedFields(this.#type).map(([name, fact]) => [name, fieldSchema(name, fact)]));
    return this.#fields;
  }
}

const structs = new Map<string, StructSchema>();

function structOf(key: string, type: TypeFact, atomic: boolean): StructSchema {
  const id = atomic ? `${key}!` : key;
  let struct = structs.get(id);
  if (struct === undefined) {
    struct = new FactStruct(key, { type, atomic });
    structs.set(id, struct);
  }
  return struct;
}

/** The schema of a type by its key, `core/v1.PodSpec`. Throws for unknown keys. */
export function schemaOfType(key: string): StructSchema {
  const type = typeFacts().types[key];
  if (type === undefined) throw new Error(`Unknown type "${key}"`);
  return structOf(key, type, type.st === 'atomic');
}

let keysByKind: Map<string, string> | undefined;

/** The schema of a kind; undefined if it is not built in. */
export function schemaOfKind(of: {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
}): StructSchema | undefined {
  keysByKind ??= new Map(
    Object.entries(typeFacts().types).flatMap(([key, { gvk }]) => (gvk ? [[gvk.join('/'), key] as const] : [])),
  );
  const key = keysByKind.get(`${of.group}/${of.version}/${of.kind}`);
  return key === undefined ? undefined : schemaOfType(key);
}

/**
 * To upstream, empty lists mean the same as absent ones, except these: no policies at all differ from the default
 * policies.
 */
const emptyDiffersFromAbsent: ReadonlySet<string> = new Set(['[]autoscaling/v2.HPAScalingPolicy']);

/** Upstream's encoder never omits structs, and these types are structs there. */
const structsToUpstream: ReadonlySet<string> = new Set(['Quantity', 'IntOrString', 'Time', 'MicroTime']);

function fieldSchema(name: string, fact: FieldFact): FieldSchema {
  return {
    name,
    schema: valueSchema(fact.t, fact),
    required: fact.req === 1,
    pointer: fact.ptr === 1 || emptyDiffersFromAbsent.has(fact.t),
    omitEmpty: fact.oz === 1 || (fact.oe === 1 && !structsToUpstream.has(fact.t)),
    writesNull: fact.nul === 1,
    patchStrategy: fact.ps?.split(',') ?? [],
    patchMergeKey: fact.pmk,
    ...(fact.def === undefined ? {} : { default: fact.def }),
  };
}

/** `fact` says how the outermost list, map or struct is merged. */
function valueSchema(type: string, fact: FieldFact): Schema {
  if (type.startsWith('[]')) {
    const items = valueSchema(type.slice(2), noFact);
    return { kind: 'list', goType: goNameOf(type), items, type: fact.lt ?? 'atomic', keys: fact.lmk ?? [] };
  }
  if (type.startsWith('map[')) {
    const values = valueSchema(type.slice(type.indexOf(']') + 1), noFact);
    return { kind: 'map', goType: goNameOf(type), values, atomic: fact.mt === 'atomic' };
  }
  const scalar = scalarTypes[type];
  if (scalar !== undefined) return { kind: 'scalar', type: scalar, goType: goNameOf(fact.g ?? type) };
  const struct = typeFacts().types[type];
  if (struct === undefined || struct.special !== undefined || eitherOr.test(type)) return anySchema;
  return structOf(type, struct, (fact.st ?? struct.st) === 'atomic');
}

const noFact: FieldFact = { t: '' };

function goNameOf(type: string): string {
  if (type.startsWith('[]')) return `[]${goNameOf(type.slice(2))}`;
  if (type.startsWith('map[')) {
    const close = type.indexOf(']') + 1;
    return `${type.slice(0, close)}${goNameOf(type.slice(close))}`;
  }
  return goNames[type] ?? type.slice(type.indexOf('/') + 1);
}
