import type { Chance } from './chance.ts';

const descriptions = [
  undefined,
  '',
  'One line.',
  'Which sail.\nIn two lines.\n\nAnd a paragraph.',
  '  Begins with blanks, and\thas a tab.',
  'A text that is so long that it does not fit into one line of a terminal, however you count its words and letters, and goes on after that for a while.',
  'A-word-that-is-far-too-long-for-a-line-of-eighty-letters-and-cannot-be-broken-anywhere-at-all-by-anybody then more.',
  '- a list\n- of things\n  * deeper\n\n    code block\n',
  'Größe "quoted" <b>bold</b> %s {{.x}}',
  'Ends with blanks   \n   ',
];

const enums = [
  undefined,
  undefined,
  undefined,
  ['a'],
  ['main', 'jib', '', 'none'],
  ['a very long value', 'another one'],
];

const names = [
  'spec',
  'status',
  'name',
  'items',
  'type',
  'value',
  'Upper',
  'with-dash',
  'x',
  'apiVersion2',
  'properties',
  'a.b',
  'default',
  'metadata2',
];

/** A random structural schema with anything that a server accepts. */
export function randomSchema(chance: Chance, depth = 0): object {
  const description = chance.pick(descriptions);
  const common = {
    ...(description === undefined ? {} : { description }),
    ...(chance.of(0.1) ? { nullable: true } : {}),
  };
  const roll = depth > 4 ? 0.99 : chance.next();
  if (roll < 0.35) return { type: 'object', ...common, ...randomObject(chance, depth) };
  if (roll < 0.5) return { type: 'array', ...common, items: randomSchema(chance, depth + 1) };
  if (roll < 0.6)
    return {
      type: 'object',
      ...common,
      additionalProperties: chance.of(0.15) ? true : randomSchema(chance, depth + 1),
    };
  if (roll < 0.65) return { type: 'object', ...common, 'x-kubernetes-preserve-unknown-fields': true };
  if (roll < 0.7) return { ...common, 'x-kubernetes-int-or-string': true };
  if (roll < 0.73) return { ...common, 'x-kubernetes-preserve-unknown-fields': true };
  if (roll < 0.76)
    return {
      type: 'object',
      ...common,
      'x-kubernetes-embedded-resource': true,
      'x-kubernetes-preserve-unknown-fields': true,
    };
  const values = chance.pick(enums);
  return chance.pick([
    {
      type: 'string',
      ...common,
      ...(values ? { enum: values } : {}),
      ...(chance.of(0.1) ? { default: values?.[0] ?? 'x' } : {}),
    },
    { type: 'string', ...common, format: chance.pick(['date-time', 'byte', 'password', 'nosuch']) },
    {
      type: 'integer',
      ...common,
      format: chance.pick(['int32', 'int64', undefined as unknown as string]),
      ...(chance.of(0.2) ? { enum: [1, 2, 30] } : {}),
    },
    { type: 'number', ...common },
    { type: 'boolean', ...common },
  ]);
}

function randomObject(chance: Chance, depth: number): object {
  const properties = Object.fromEntries(
    chance.some(names, depth === 0 ? 2 : 0, 6).map((name) => [name, randomSchema(chance, depth + 1)]),
  );
  const required = Object.keys(properties).filter(() => chance.of(0.3));
  return { properties, ...(required.length > 0 ? { required } : {}) };
}

/** A definition of a kind with two versions that have different schemas. */
export function randomDefinition(chance: Chance, index: number): object {
  const name = `thing${index}`;
  const schema = (): object => ({ ...randomSchemaOfObject(chance) });
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `${name}s.odd${index % 3}.example.com` },
    spec: {
      group: `odd${index % 3}.example.com`,
      scope: chance.pick(['Namespaced', 'Cluster']),
      names: { plural: `${name}s`, singular: name, kind: `Thing${index}`, shortNames: [`t${index}`] },
      versions: ['v1', 'v1beta1'].map((version) => ({
        name: version,
        served: true,
        storage: version === 'v1',
        ...(chance.of(0.3) ? { subresources: { status: {} } } : {}),
        schema: { openAPIV3Schema: schema() },
      })),
    },
  };
}

function randomSchemaOfObject(chance: Chance): object {
  if (chance.of(0.1)) return { type: 'object', 'x-kubernetes-preserve-unknown-fields': true };
  const description = chance.pick(descriptions);
  return { type: 'object', ...(description === undefined ? {} : { description }), ...randomObject(chance, 0) };
}
