import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { CustomResourceDefinition } from '@typernetes/api/apiextensions/v1';
import { problemText } from '@typernetes/machinery';
import type { StructuralSchema } from '../schema/structural-schema.ts';
import { conversionProblems } from './conversion-problems.ts';
import { definitionProblems } from './definition-problems.ts';
import { schemaProblems } from './schema-problems.ts';

const config = 'spec.conversion.webhookClientConfig';
const versions = 'spec.conversion.conversionReviewVersions';

/** The problems with a conversion webhook. */
const conversion = (webhook: object): string[] =>
  [...conversionProblems({ conversion: { strategy: 'Webhook', webhook } } as never)].map(problemText);

const options = { hasStatus: false, unchanged: false, keepsSets: false };
const whole = (schema: StructuralSchema, given = {}): string[] =>
  [...schemaProblems(schema, 'schema', { ...options, ...given })].map(problemText);

/** The problems with the schema of one field. */
const field = (schema: StructuralSchema): string[] => whole({ type: 'object', properties: { spec: schema } });
const at = 'schema.properties[spec]';

test('the webhook of a conversion is checked as those of admission are', () => {
  const service = { name: 'hook', namespace: 'default', port: 443 };
  const conversionReviewVersions = ['v1'];
  const of = (clientConfig: object) => conversion({ clientConfig, conversionReviewVersions });
  assert.deepEqual(of({ service: { ...service, path: '/convert' } }), []);
  assert.deepEqual(of({ service: { ...service, path: 'convert', port: 70_000 } }), [
    `${config}.service.port: Invalid value: 70000: port is not valid: must be between 1 and 65535, inclusive`,
    `${config}.service.path: Invalid value: "convert": must start with a '/'`,
  ]);
  assert.deepEqual(of({ url: 'http://hook.example' }), [
    `${config}.url: Invalid value: "http": 'https' is the only allowed URL scheme; desired format: https://host[/path]`,
  ]);
  assert.deepEqual(of({}), [`${config}: Required value: exactly one of url or service is required`]);
  assert.deepEqual(conversion({ clientConfig: { service }, conversionReviewVersions: ['v1', 'v1'] }), [
    `${versions}[1]: Invalid value: "v1": duplicate version`,
  ]);
});

test('list keys must name properties, without duplicates', () => {
  const list = (...keys: string[]) => ({
    type: 'array',
    'x-kubernetes-list-type': 'map',
    'x-kubernetes-list-map-keys': keys,
    items: { type: 'object', properties: { name: { type: 'string' } }, required: ['name'] },
  });
  const path = 'schema.properties[spec].x-kubernetes-list-map-keys';
  assert.deepEqual(field(list('name')), []);
  assert.deepEqual(field(list('name', 'name')), [
    `${path}: Invalid value: ["name","name"]: must not contain duplicate entries`,
  ]);
  assert.deepEqual(field(list('other')), [
    `${path}: Invalid value: ["other"]: entries must all be names of item properties`,
  ]);
});

test('a schema names no schema of schemas', () => {
  const path = 'schema: Invalid value: "": OpenAPIV3Schema';
  assert.deepEqual(field({ type: 'string', $schema: 'http://json-schema.org/schema#' }), [
    `${path} 'schema' is not supported`,
  ]);
  assert.deepEqual(field({ type: 'string', $schema: 'x', id: 'y' }), [`${at}.id: Forbidden: id is not supported`]);
});

test('a default that fits no alternative is reported at the path of the default', () => {
  const found = field({ type: 'string', default: 'x', oneOf: [{ maxLength: 0 }, { minLength: 2 }] });
  assert.equal(
    found[0],
    `${at}.default: Invalid value: "": "" must validate one and only one schema (oneOf). Found none valid`,
  );
});

test('each version has a schema', () => {
  const spec = {
    group: 'a.example.com',
    scope: 'Namespaced',
    names: {},
    versions: [{ name: 'v1', served: true, storage: true }],
  };
  const found = [...definitionProblems({ metadata: { name: 'x' }, spec } as never, undefined)].map(problemText);
  assert.ok(
    found.includes('spec.versions[0].schema.openAPIV3Schema: Required value: schemas are required'),
    found.join(),
  );
});

test('a default is checked against a positive multipleOf', () => {
  const path = 'schema.properties[spec].default';
  assert.deepEqual(field({ type: 'integer', multipleOf: 2, default: 4 }), []);
  assert.deepEqual(field({ type: 'integer', multipleOf: 2, default: 5 }), [
    `${path}: Invalid value: 5:  in body should be a multiple of 2`,
  ]);
  assert.deepEqual(field({ type: 'integer', multipleOf: -2, default: 4 }), [
    `${path}: Invalid value: -2: factor MultipleOf declared for  must be positive: -2`,
  ]);
});

test('accepts the schemas that upstream accepts', () => {
  const taken: StructuralSchema[] = [
    { type: 'string', 'x-kubernetes-int-or-string': true },
    { 'x-kubernetes-int-or-string': true, anyOf: [{ type: 'integer' }, { type: 'string' }] },
    {
      'x-kubernetes-int-or-string': true,
      allOf: [{ anyOf: [{ type: 'integer' }, { type: 'string' }] }, { pattern: 'a' }],
    },
    { type: 'object', additionalProperties: false },
    { type: 'object', properties: { x: { type: 'string' } }, additionalProperties: true },
    // Only at the root must restricted fields be specified outside of junctors.
    { type: 'object', oneOf: [{ required: ['x'] }, { properties: { y: { pattern: 'a' } } }] },
    { type: 'array', 'x-kubernetes-list-type': 'set', items: { type: 'array', items: { type: 'string' } } },
  ];
  for (const schema of taken) assert.deepEqual(field(schema), [], JSON.stringify(schema));
  assert.deepEqual(whole({ 'x-kubernetes-preserve-unknown-fields': true }), []);
});

test('what defaults give to an object of the API inside a custom resource has to be metadata', () => {
  const embedded = (metadata: StructuralSchema, rest: object = {}): StructuralSchema => ({
    type: 'object',
    'x-kubernetes-embedded-resource': true,
    'x-kubernetes-preserve-unknown-fields': true,
    properties: { metadata: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true, ...metadata }, ...rest },
  });
  const text = (value: unknown): StructuralSchema => ({ type: 'string', default: value });
  const metadata = `${at}.properties[metadata]`;
  const cases: [StructuralSchema, string[]][] = [
    [embedded({ default: { name: 'a', labels: { a: 'b' } } }), []],
    [embedded({ properties: { name: text('a'), labels: { type: 'object', default: { a: 'b' } } } }), []],
    [
      embedded({ default: { labels: { a: 1 } } }),
      [
        `${metadata}.default: Invalid value: {"labels":{"a":1}}: must result in valid metadata: metadata: Invalid value: {"labels":{"a":1}}: json: cannot unmarshal number into Go struct field ObjectMeta.labels of type string`,
      ],
    ],
    [
      embedded({ properties: { name: text('..') } }),
      [
        `${metadata}.properties[name].default: Invalid value: "..": must result in valid metadata: metadata.name: Invalid value: "..": may not be '..'`,
      ],
    ],
    [
      embedded({}, { apiVersion: text('a/b/c') }),
      [
        `${at}.properties[apiVersion].default: Invalid value: "a/b/c": must result in valid metadata: apiVersion: Invalid value: "a/b/c": unexpected GroupVersion string: a/b/c`,
      ],
    ],
    [
      { ...embedded({}), default: { apiVersion: 'v1', kind: 'Pod', metadata: 5 } },
      [`${at}.default.metadata: Invalid value: 5: json: cannot unmarshal number into Go value of type v1.ObjectMeta`],
    ],
  ];
  for (const [schema, problems] of cases) assert.deepEqual(field(schema), problems, JSON.stringify(schema));
});

test('schemas are refused in the words of upstream', () => {
  const must = { empty: 'must be empty to be structural', undefined: 'must be undefined to be structural' };
  const refused: [StructuralSchema, string[]][] = [
    [
      { 'x-kubernetes-int-or-string': true, anyOf: [{ type: 'string' }, { type: 'integer' }] },
      [`${at}.anyOf[0].type: Forbidden: ${must.empty}`, `${at}.anyOf[1].type: Forbidden: ${must.empty}`],
    ],
    [
      { 'x-kubernetes-int-or-string': true, 'x-kubernetes-preserve-unknown-fields': true },
      [
        `${at}.x-kubernetes-preserve-unknown-fields: Invalid value: true: must be false if x-kubernetes-int-or-string is true`,
      ],
    ],
    [
      { type: 'array', 'x-kubernetes-list-type': 'set', items: { type: 'object' } },
      [
        `${at}.items.x-kubernetes-map-type: Invalid value: "null": must be atomic as item of a list with x-kubernetes-list-type=set`,
      ],
    ],
    [
      { type: 'object', oneOf: [{ nullable: true, default: 1, title: 't', 'x-kubernetes-map-type': 'atomic' }] },
      [
        `${at}.oneOf[0].default: Forbidden: ${must.undefined}`,
        `${at}.oneOf[0].nullable: Forbidden: must be false to be structural`,
        `${at}.oneOf[0].title: Forbidden: ${must.empty}`,
        `${at}.oneOf[0].x-kubernetes-map-type: Forbidden: ${must.undefined}`,
        `${at}.oneOf[0].type: Required value: must be object if x-kubernetes-map-type is specified`,
      ],
    ],
    [{ $ref: '#/a' }, [`${at}.$ref: Forbidden: $ref is not supported`]],
    [
      { type: 'null' },
      [
        `${at}.type: Unsupported value: "null": supported values: "array", "boolean", "integer", "number", "object", "string"`,
        `${at}.type: Forbidden: type cannot be set to null, use nullable as an alternative`,
      ],
    ],
    [
      {
        type: 'object',
        'x-kubernetes-embedded-resource': true,
        'x-kubernetes-preserve-unknown-fields': true,
        default: {},
      },
      [
        `${at}.default.apiVersion: Required value: must not be empty`,
        `${at}.default.kind: Required value: must not be empty`,
      ],
    ],
    [
      { type: 'integer', default: 3, 'x-kubernetes-validations': [{ rule: 'self < 3' }] },
      [`${at}.default: Invalid value: 3: failed rule: self < 3`],
    ],
  ];
  for (const [schema, problems] of refused) assert.deepEqual(field(schema), problems, JSON.stringify(schema));
  const roots: [StructuralSchema, string[]][] = [
    [
      { type: 'object', additionalProperties: true },
      ['schema.additionalProperties: Forbidden: must not be used at the root'],
    ],
    [
      { type: 'object', anyOf: [{ properties: { x: { maxLength: 1 } } }] },
      ['schema.properties[x]: Required value: because it is defined in schema.anyOf[0].properties[x]'],
    ],
    [
      { type: 'object', properties: { metadata: { type: 'object', description: 'x' } } },
      [
        'schema.properties[metadata]: Forbidden: must not specify anything other than name and generateName, but metadata is implicitly specified',
      ],
    ],
    [
      { type: 'object', properties: { kind: { type: 'string', default: 'x' } } },
      ['schema.properties[kind].default: Forbidden: must not be set in top-level kind'],
    ],
  ];
  for (const [schema, problems] of roots) assert.deepEqual(whole(schema), problems, JSON.stringify(schema));
  const [problem = ''] = whole({ type: 'object', minProperties: 1 }, { hasStatus: true });
  assert.match(problem, /: only \[Description Type .* XValidations\] fields are allowed at the root of the schema if/);
});

test('checks rules only if the schema around them is valid, and shows them as upstream does', () => {
  const rules = (...given: object[]): StructuralSchema => ({
    type: 'object',
    properties: { a: { type: 'string' } },
    'x-kubernetes-validations': given as never,
  });
  const rule = `${at}.x-kubernetes-validations`;
  assert.deepEqual(field(rules({ rule: '1 < 2 ? self.b : true' })), [
    `${rule}[0].rule: Invalid value: {"Rule":"1 \\u003c 2 ? self.b : true","Message":"","MessageExpression":"","Reason":null,"FieldPath":"","OptionalOldSelf":null}: compilation failed: ERROR: <input>:1:13: undefined field 'b'\n | 1 < 2 ? self.b : true\n | ............^`,
  ]);
  const unread = rules(
    { rule: 'self.b', message: 'a\nb' },
    { rule: 'true', message: ' ', messageExpression: ' ' },
    { rule: 'true', fieldPath: '.c' },
  );
  assert.deepEqual(field(unread), [
    `${rule}[0].message: Invalid value: "a\\nb": must not contain line breaks`,
    `${rule}[1].message: Invalid value: " ": must be non-empty if specified`,
    `${rule}[1].messageExpression: Required value: messageExpression must be non-empty if specified`,
    `${rule}[2].fieldPath: Invalid value: ".c": must be a valid path`,
  ]);
});

const definition = (spec: object, annotations: object = {}): CustomResourceDefinition =>
  ({
    metadata: { name: 'widgets.example.com', annotations },
    spec: {
      group: 'example.com',
      scope: 'Cluster',
      names: { plural: 'widgets', singular: 'widget', kind: 'Widget', listKind: 'WidgetList' },
      versions: [version({})],
      ...spec,
    },
    status: { storedVersions: ['v1'] },
  }) as never;
const version = (given: object) => ({
  name: 'v1',
  served: true,
  storage: true,
  schema: { openAPIV3Schema: { type: 'object', properties: { a: { type: 'string' } } } },
  ...given,
});
const problemsOf = (next: CustomResourceDefinition, current?: CustomResourceDefinition): string[] =>
  [...definitionProblems(next, current)].map(problemText);

test('a definition in a protected group names its approval', () => {
  const of = (text?: string, group = 'x.k8s.io'): CustomResourceDefinition => ({
    ...definition({ group }, text === undefined ? {} : { 'api-approved.kubernetes.io': text }),
  });
  const named = (one: CustomResourceDefinition) => ({
    ...one,
    metadata: { ...one.metadata, name: `widgets.${one.spec.group}` },
  });
  const found = (next: CustomResourceDefinition, current?: CustomResourceDefinition): string[] =>
    problemsOf(named(next), current && named(current));
  const place = 'metadata.annotations[api-approved.kubernetes.io]';
  const lacking = 'protected groups must have approval annotation "api-approved.kubernetes.io"';
  const see = 'see https://github.com/kubernetes/enhancements/pull/1111';
  assert.deepEqual(found(of()), [`${place}: Required value: ${lacking}, ${see}`]);
  assert.deepEqual(found(of('foo')), [
    `${place}: Invalid value: "foo": ${lacking} with either a URL or a reason starting with "unapproved", ${see}`,
  ]);
  for (const text of ['https://github.com/x', 'unapproved, experimental']) assert.deepEqual(found(of(text)), []);
  assert.deepEqual(found(of(undefined, 'x-k8s.io')), []);
  assert.deepEqual(found(of(), of()), [], 'what was there without stays');
  assert.deepEqual(found(of(), of('https://github.com/x')).length, 1);
});

test('versions are checked', () => {
  const of = (...versions: object[]): string[] => problemsOf(definition({ versions }));
  assert.deepEqual(of(version({ deprecated: true, deprecationWarning: 'a\nb' })), [
    'spec.versions[0].deprecationWarning: Invalid value: "a\\nb": must only contain printable UTF-8 characters; non-printable character found at index 1',
  ]);
  assert.deepEqual(of(version({ deprecated: true, deprecationWarning: '' })), [
    'spec.versions[0].deprecationWarning: Invalid value: "": must not be an empty string',
  ]);
  const columns = {
    subresources: { scale: { specReplicasPath: 'a', statusReplicasPath: '.status.a', labelSelectorPath: '.b' } },
  };
  assert.deepEqual(of(version(columns)), [
    'spec.subresources.scale.specReplicasPath: Invalid value: "a": must be a simple json path starting with .',
    'spec.subresources.scale.labelSelectorPath: Invalid value: ".b": should be a json path under either .spec or .status',
  ]);
  const selectable = { selectableFields: [{ jsonPath: '.a' }, { jsonPath: '.a' }] };
  assert.deepEqual(of(version(selectable)), ['spec.selectableFields[1].jsonPath: Duplicate value: ".a"']);
  assert.deepEqual(problemsOf(definition({ preserveUnknownFields: true })), [
    'spec.preserveUnknownFields: Invalid value: true: cannot set to true, set x-kubernetes-preserve-unknown-fields to true in spec.versions[*].schema instead',
  ]);
});
