import type { Case } from '../case.ts';
import { Chance } from '../chance.ts';
import type { Comparison } from '../comparison.ts';
import type { Json } from '../samples.ts';

const definitionsPath = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';
const formats = [
  'date-time',
  'date',
  'email',
  'ipv4',
  'ipv6',
  'uri',
  'uuid',
  'byte',
  'hostname',
  'cidr',
  'duration',
  'int32',
  'nothing',
];
const patterns = ['^a+$', '^[0-9]{1,3}$', 'b', '^$', '('];
const scalars = [
  'a',
  'aaa',
  '',
  'b-1',
  '2020-01-02',
  '2020-01-02T03:04:05Z',
  'a@b.c',
  '127.0.0.1',
  '::1',
  'http://x',
  'YQ==',
  '5s',
  'héé',
  0,
  1,
  -1,
  5,
  1.5,
  1e10,
  true,
  false,
];

/** A structural schema, most often one that is valid in a definition. */
export function schema(chance: Chance, depth = 0): Json {
  const type =
    depth === 0
      ? 'object'
      : chance.pick([
          'string',
          'integer',
          'number',
          'boolean',
          'object',
          'object',
          'array',
          'array',
          'intOrString',
          'any',
        ]);
  const rules: Json = {};
  const may = (share: number, name: string, value: () => unknown): void => {
    if (chance.of(share)) rules[name] = value();
  };
  may(0.15, 'nullable', () => true);
  may(0.1, 'description', () => 'words');
  if (type === 'intOrString') return { ...rules, 'x-kubernetes-int-or-string': true };
  if (type === 'any') return { ...rules, 'x-kubernetes-preserve-unknown-fields': true };
  rules.type = type;
  if (type === 'string') {
    may(0.3, 'maxLength', () => chance.below(6));
    may(0.2, 'minLength', () => chance.below(4));
    may(0.2, 'pattern', () => chance.pick(patterns.slice(0, 4)));
    may(0.3, 'format', () => chance.pick(formats));
    may(0.15, 'enum', () => chance.some(['a', 'aaa', 'b', ''], 1, 3));
    may(0.2, 'default', () => chance.pick(['a', 'aaa', '', 'zzzzzzzz']));
  }
  if (type === 'integer' || type === 'number') {
    may(0.3, 'minimum', () => chance.pick([0, 1, -3, 0.5, 2]));
    may(0.3, 'maximum', () => chance.pick([1, 5, 10, 1.5]));
    may(0.2, 'exclusiveMinimum', () => true);
    may(0.1, 'exclusiveMaximum', () => true);
    may(0.2, 'multipleOf', () => chance.pick([1, 2, 0.5, 3]));
    may(0.2, 'format', () => chance.pick(['int32', 'int64', 'float', 'double']));
    may(0.2, 'default', () => chance.pick([0, 1, 3]));
    may(0.1, 'enum', () => [0, 1, 2]);
  }
  if (type === 'boolean') may(0.3, 'default', () => chance.of(0.5));
  if (type === 'array') {
    rules.items = schema(chance, depth + 1);
    may(0.2, 'maxItems', () => chance.below(4));
    may(0.2, 'minItems', () => chance.below(3));
    const items = rules.items as Json;
    if (items.type === 'object' && items.properties && chance.of(0.4)) {
      const key = Object.entries(items.properties as Json).find(([, one]) =>
        ['string', 'integer'].includes(String((one as Json).type)),
      );
      if (key) {
        Object.assign(rules, { 'x-kubernetes-list-type': 'map', 'x-kubernetes-list-map-keys': [key[0]] });
        delete (key[1] as Json).nullable;
        if ((key[1] as Json).default === undefined) items.required = [key[0]];
        delete items.nullable;
      }
    } else if (['string', 'integer', 'number', 'boolean'].includes(String(items.type)) && chance.of(0.4)) {
      rules['x-kubernetes-list-type'] = chance.pick(['set', 'atomic']);
      delete items.nullable;
    }
    may(0.1, 'default', () => []);
  }
  if (type === 'object') {
    const maps = depth > 0 && chance.of(0.3);
    if (maps) {
      rules.additionalProperties = chance.of(0.2) ? true : schema(chance, depth + 1);
      may(0.2, 'maxProperties', () => chance.below(3));
      may(0.1, 'minProperties', () => chance.below(2));
    } else if (depth < 4) {
      const names = chance.some(['a', 'b', 'c', 'd-e', 'f'], depth === 0 ? 2 : 1, 4);
      rules.properties = Object.fromEntries(names.map((name) => [name, schema(chance, depth + 1)]));
      may(0.25, 'required', () => chance.some(names, 1, 2));
      may(0.1, 'x-kubernetes-preserve-unknown-fields', () => true);
    } else rules['x-kubernetes-preserve-unknown-fields'] = true;
    if (depth > 0) {
      may(0.15, 'default', () => ({}));
      may(0.1, 'x-kubernetes-map-type', () => chance.pick(['atomic', 'granular']));
      may(0.05, 'x-kubernetes-embedded-resource', () => true);
    }
  }
  if (chance.of(0.06)) rules.anyOf = [bare(chance, type), bare(chance, type)];
  if (chance.of(0.05)) rules.allOf = [bare(chance, type)];
  if (chance.of(0.05)) rules.oneOf = [bare(chance, type), bare(chance, type)];
  if (chance.of(0.05)) rules.not = bare(chance, type);
  return rules;
}

const bare = (chance: Chance, type: string): Json =>
  type === 'string'
    ? chance.pick<Json>([{ maxLength: 2 }, { pattern: 'a' }, { enum: ['a', 'b'] }])
    : type === 'integer' || type === 'number'
      ? chance.pick<Json>([{ minimum: 1 }, { maximum: 3 }])
      : type === 'object'
        ? chance.pick<Json>([{ required: ['a'] }, { minProperties: 1 }])
        : {};

/** A value that mostly fits a schema. */
function sampleOf(rules: Json, chance: Chance, depth = 0): unknown {
  if (chance.of(0.04)) return chance.pick<unknown>([null, 'a', 1, {}, [], true]);
  if (rules['x-kubernetes-int-or-string']) return chance.pick<unknown>([1, 'a', '50%', 1.5]);
  switch (rules.type) {
    case 'string':
      return chance.pick(
        Array.isArray(rules.enum) && chance.of(0.7)
          ? (rules.enum as string[])
          : (scalars.filter((one) => typeof one === 'string') as string[]),
      );
    case 'integer':
      return chance.pick([0, 1, 2, 3, 5, -1, 1e10]);
    case 'number':
      return chance.pick([0, 1, 1.5, 0.5, 2, -3, 1e10]);
    case 'boolean':
      return chance.of(0.5);
    case 'array':
      return Array.from({ length: chance.below(4) }, () => sampleOf(rules.items as Json, chance, depth + 1));
    case 'object': {
      const value: Json = {};
      for (const [name, one] of Object.entries((rules.properties ?? {}) as Json))
        if (chance.of(0.7)) value[name] = sampleOf(one as Json, chance, depth + 1);
      if (rules.additionalProperties)
        for (const name of chance.some(['x', 'y', 'z'], 0, 3))
          value[name] =
            rules.additionalProperties === true
              ? chance.pick<unknown>(scalars)
              : sampleOf(rules.additionalProperties as Json, chance, depth + 1);
      if (chance.of(0.1)) value.unknown = chance.pick<unknown>([1, { x: null }, 'a']);
      if (rules['x-kubernetes-embedded-resource'])
        Object.assign(
          value,
          chance.pick<Json>([
            {},
            { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'a', other: 1 } },
            { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'A' } },
          ]),
        );
      return value;
    }
    default:
      return chance.pick<unknown>([{ a: { b: null } }, ['x', 1], 'a', 1]);
  }
}

const columns = [
  { name: 'A', type: 'string', jsonPath: '.spec.a' },
  { name: 'B', type: 'integer', jsonPath: '.spec.b', priority: 1 },
  { name: 'C', type: 'date', jsonPath: '.metadata.creationTimestamp' },
  { name: 'D', type: 'number', jsonPath: '.status.c', format: 'double' },
  { name: 'E', type: 'boolean', jsonPath: '.spec.b' },
  { name: 'F', type: 'string', jsonPath: '.spec.c[*].a', description: 'words' },
  { name: 'G', type: 'string', jsonPath: '.metadata.labels.a' },
];

/**
 * A definition with a random schema; its objects are created, changed in all ways and printed; then the definition
 * changes.
 */
export async function definitions(compare: Comparison, { seed, index }: Case): Promise<void> {
  const chance = new Chance(seed);
  const group = `c${index}.example.com`;
  const spec = schema(chance, 1);
  const whole = {
    type: 'object',
    properties: {
      spec: { ...spec, type: undefined, ...(spec.type ? { type: spec.type } : {}) },
      status: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
    },
  };
  const version = (name: string, storage: boolean): Json => ({
    name,
    served: true,
    storage,
    schema: { openAPIV3Schema: whole },
    ...(chance.of(0.5) ? { additionalPrinterColumns: chance.some(columns, 1, 4) } : {}),
    ...(chance.of(0.5)
      ? {
          subresources: {
            status: {},
            ...(chance.of(0.4)
              ? {
                  scale: {
                    specReplicasPath: '.spec.b',
                    statusReplicasPath: '.status.replicas',
                    ...(chance.of(0.5) ? { labelSelectorPath: '.status.selector' } : {}),
                  },
                }
              : {}),
          },
        }
      : {}),
  });
  const both = chance.of(0.3);
  const definition = {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `things.${group}` },
    spec: {
      group,
      scope: 'Namespaced',
      names: { plural: 'things', singular: 'thing', kind: 'Thing', listKind: 'ThingList' },
      versions: [version('v1', true), ...(both ? [version('v2', false)] : [])],
    },
  };
  const made = await compare.ask({ method: 'POST', path: definitionsPath, body: definition }, answered);
  if (made.ours.status !== 201 || made.theirs.status !== 201) {
    await compare.quietly({ method: 'DELETE', path: `${definitionsPath}/things.${group}` });
    return;
  }
  const base = `/apis/${group}/v1/namespaces/default/things`;
  if (!(await isServed(compare, base))) throw new Error(`Nobody serves ${base}`);
  for (let i = 0; i < 8; i++) {
    const name = `o${i % 4}`;
    const value = (): Json => ({
      spec: sampleOf(spec, chance),
      ...(chance.of(0.3) ? { status: { c: 1, replicas: 2, selector: 'a=b' } } : {}),
      ...(chance.of(0.1) ? { other: 1 } : {}),
    });
    const body = {
      apiVersion: `${group}/v1`,
      kind: 'Thing',
      metadata: { name, ...(chance.of(0.3) ? { labels: { a: 'x' } } : {}) },
      ...value(),
    };
    const at = chance.of(0.3) && both ? base.replace('/v1/', '/v2/') : base;
    const type = chance.pick([
      'application/merge-patch+json',
      'application/apply-patch+yaml',
      'application/json-patch+json',
      'application/strategic-merge-patch+json',
    ]);
    const versioned = at === base ? body : { ...body, apiVersion: `${group}/v2` };
    const patch = type.includes('json-patch')
      ? [
          {
            op: chance.pick(['add', 'replace', 'remove']),
            path: `/spec/${chance.pick(['a', 'b', 'c'])}`,
            value: sampleOf(spec, chance),
          },
        ]
      : versioned;
    await compare.ask({ method: 'POST', path: at, body: versioned });
    await compare.ask({
      method: 'PATCH',
      path: `${at}/${name}?fieldManager=m&force=${type.includes('apply')}`.replace('&force=false', ''),
      headers: { 'content-type': type },
      body: JSON.stringify(patch),
    });
    if (chance.of(0.4)) {
      const part = chance.pick(['status', 'scale', 'status']);
      await compare.ask({ method: 'GET', path: `${at}/${name}/${part}` });
      const change =
        part === 'scale'
          ? { spec: { replicas: chance.pick<unknown>([1, 0, -1, 'x']) } }
          : { status: sampleOf({ 'x-kubernetes-preserve-unknown-fields': true }, chance), spec: { a: 1 } };
      await compare.ask({
        method: 'PATCH',
        path: `${at}/${name}/${part}`,
        headers: { 'content-type': 'application/merge-patch+json' },
        body: JSON.stringify(change),
      });
    }
    await compare.ask(
      { method: 'GET', path: `${at}/${name}`, headers: { accept: 'application/json;as=Table;v=v1;g=meta.k8s.io' } },
      withoutTimes,
    );
  }
  await compare.ask({ method: 'GET', path: `${base}?limit=3` });
  await compare.ask({ method: 'DELETE', path: `${base}/o1` });
  await compare.quietly({ method: 'DELETE', path: `${definitionsPath}/things.${group}` });
}

/** Of answers about definitions only errors count; accepted ones are compared through their objects. */
const answered = (form: unknown): unknown =>
  (form as Json).kind === 'Status' ? form : { ...(form as Json), metadata: undefined, status: undefined };

function withoutTimes(form: unknown): unknown {
  const { rows, columnDefinitions } = form as { rows?: { cells: unknown[] }[]; columnDefinitions?: Json[] };
  if (!rows || !columnDefinitions) return form;
  return {
    columns: columnDefinitions.map(({ description: _, ...rest }) => rest),
    cells: rows.map(({ cells }) => cells.map((cell) => (/^\d+[smh]$/.test(String(cell)) ? '<age>' : cell))),
  };
}

async function isServed(compare: Comparison, path: string): Promise<boolean> {
  for (let i = 0; i < 100; i++) {
    const { ours, theirs } = await compare.quietly({ method: 'GET', path });
    if (ours.status === 200 && theirs.status === 200) return true;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  return false;
}
