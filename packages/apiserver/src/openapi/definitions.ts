import { type FieldFact, flattenedFields, type TypeFact, typeFacts } from '@typernetes/api/schema';
import { descriptions } from './descriptions.ts';

/** The two forms in which the same types are published. */
export type Dialect = 'v2' | 'v3';

type Json = Record<string, unknown>;

const packages: readonly [folder: string, prefix: string][] = [
  ['meta/', 'io.k8s.apimachinery.pkg.apis.meta.'],
  ['apiextensions/', 'io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.'],
  ['apiregistration/', 'io.k8s.kube-aggregator.pkg.apis.apiregistration.'],
];

/** `core/v1.Pod` is published as `io.k8s.api.core.v1.Pod`. */
export function definitionName(typeKey: string): string {
  const builtIn = wellKnown[typeKey];
  if (builtIn !== undefined) return builtIn.name;
  if (typeKey.startsWith('version.')) return `io.k8s.apimachinery.pkg.${typeKey}`;
  for (const [folder, prefix] of packages) {
    if (typeKey.startsWith(folder)) return prefix + typeKey.slice(folder.length);
  }
  return `io.k8s.api.${typeKey.replace('/', '.')}`;
}

interface WellKnown {
  readonly name: string;
  readonly v2: Json;
  readonly v3: Json;
}

const same = (name: string, schema: Json): WellKnown => ({ name, v2: schema, v3: schema });
const meta = 'io.k8s.apimachinery.pkg.apis.meta.v1';

/** Types whose JSON is not a struct's. */
const wellKnown: Readonly<Record<string, WellKnown>> = {
  Quantity: {
    name: 'io.k8s.apimachinery.pkg.api.resource.Quantity',
    v2: { type: 'string' },
    v3: { oneOf: [{ type: 'string' }, { type: 'number' }] },
  },
  IntOrString: {
    name: 'io.k8s.apimachinery.pkg.util.intstr.IntOrString',
    v2: { type: 'string', format: 'int-or-string' },
    v3: { oneOf: [{ type: 'integer' }, { type: 'string' }], format: 'int-or-string' },
  },
  Time: same(`${meta}.Time`, { type: 'string', format: 'date-time' }),
  MicroTime: same(`${meta}.MicroTime`, { type: 'string', format: 'date-time' }),
  Duration: same(`${meta}.Duration`, { type: 'string' }),
  FieldsV1: same(`${meta}.FieldsV1`, { type: 'object' }),
  RawExtension: same('io.k8s.apimachinery.pkg.runtime.RawExtension', { type: 'object' }),
  JSON: same('io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.JSON', {}),
};

const scalars: Readonly<Record<string, Json>> = {
  string: { type: 'string' },
  bool: { type: 'boolean' },
  int32: { type: 'integer', format: 'int32' },
  int64: { type: 'integer', format: 'int64' },
  uint32: { type: 'integer', format: 'int64' },
  uint64: { type: 'integer', format: 'int64' },
  durationNs: { type: 'integer', format: 'int64' },
  float32: { type: 'number', format: 'float' },
  float64: { type: 'number', format: 'double' },
  bytes: { type: 'string', format: 'byte' },
  any: {},
};

const anything = /JSONSchemaPropsOr(Array|Bool|StringArray)$/;

let keysByName: Map<string, string> | undefined;

function typeKeyOf(name: string): string | undefined {
  keysByName ??= new Map([
    ...Object.keys(typeFacts().types).map((key) => [definitionName(key), key] as const),
    ...Object.entries(wellKnown).map(([key, known]) => [known.name, key] as const),
  ]);
  return keysByName.get(name);
}

/** The named definitions and all that they refer to, sorted by name. */
export function definitionsOf(names: Iterable<string>, dialect: Dialect): Json {
  const found = new Map<string, Json>();
  const pending = [...names];
  for (let name = pending.pop(); name !== undefined; name = pending.pop()) {
    if (found.has(name)) continue;
    const key = typeKeyOf(name);
    if (key === undefined) continue;
    found.set(name, definition(key, { dialect, refer: (target) => pending.push(target) }));
  }
  return Object.fromEntries([...found].sort(([a], [b]) => (a < b ? -1 : 1)));
}

interface Context {
  readonly dialect: Dialect;
  /** Called for each definition that is referred to. */
  refer(name: string): void;
}

function definition(key: string, context: Context): Json {
  const known = wellKnown[key];
  if (known !== undefined) return known[context.dialect];
  const type = typeFacts().types[key] as TypeFact;
  if (anything.test(key)) return {};
  const fields = flattenedFields(type);
  const texts = descriptions[key] ?? {};
  const described = (name: string): Json => (texts[name] === undefined ? {} : { description: texts[name] });
  const properties = fields.map(([name, fact]) => [name, { ...described(name), ...property(fact, context) }] as const);
  const required = fields.filter(([, fact]) => fact.req === 1).map(([name]) => name);
  return {
    ...described(''),
    type: 'object',
    ...(required.length > 0 ? { required } : {}),
    ...(properties.length > 0 ? { properties: Object.fromEntries(properties) } : {}),
    ...(type.st === 'atomic' ? { 'x-kubernetes-map-type': 'atomic' } : {}),
    ...(type.gvk ? { 'x-kubernetes-group-version-kind': [groupVersionKind(type.gvk)] } : {}),
  };
}

export function groupVersionKind([group, version, kind]: readonly [
  group: string,
  version: string,
  kind: string,
]): Json {
  return { group, kind, version };
}

function property(fact: FieldFact, context: Context): Json {
  const schema = valueSchema(fact.t, context);
  const values = fact.g === undefined ? undefined : typeFacts().enums[fact.g];
  const extra: Json = {
    ...(fact.def === undefined ? {} : { default: fact.def }),
    ...(values && schema.type === 'string' ? { enum: [...values].sort() } : {}),
    ...(fact.lt ? { 'x-kubernetes-list-type': fact.lt } : {}),
    ...(fact.lmk ? { 'x-kubernetes-list-map-keys': fact.lmk } : {}),
    ...((fact.mt ?? fact.st) ? { 'x-kubernetes-map-type': fact.mt ?? fact.st } : {}),
    ...(fact.ps ? { 'x-kubernetes-patch-strategy': fact.ps } : {}),
    ...(fact.pmk ? { 'x-kubernetes-patch-merge-key': fact.pmk } : {}),
  };
  if (Object.keys(extra).length === 0) return schema;
  // In v3 a reference must stand alone.
  return context.dialect === 'v3' && '$ref' in schema ? { allOf: [schema], ...extra } : { ...schema, ...extra };
}

function valueSchema(type: string, context: Context): Json {
  if (type.startsWith('[]')) return { type: 'array', items: valueSchema(type.slice(2), context) };
  if (type.startsWith('map[')) {
    return { type: 'object', additionalProperties: valueSchema(type.slice(type.indexOf(']') + 1), context) };
  }
  const scalar = scalars[type];
  if (scalar !== undefined) return scalar;
  if (wellKnown[type] === undefined && typeFacts().types[type] === undefined) return {};
  const name = definitionName(type);
  context.refer(name);
  return reference(name, context.dialect);
}

export function reference(name: string, dialect: Dialect): Json {
  return { $ref: dialect === 'v2' ? `#/definitions/${name}` : `#/components/schemas/${name}` };
}
