import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type ObjectMeta, prefixOf, problemText, subdomainProblems } from '@typernetes/machinery';
import {
  type MetaRules,
  validateFieldManager,
  validateObjectMeta,
  validateObjectMetaUpdate,
} from './object-meta-validation.ts';

const rules: MetaRules = {
  namespaced: true,
  nameProblems: (name, isPrefix) => (isPrefix ? prefixOf(subdomainProblems)(name) : subdomainProblems(name)),
};
const meta: ObjectMeta = {
  name: 'web',
  namespace: 'shop',
  uid: '1',
  resourceVersion: '5',
  creationTimestamp: '2026-01-01T00:00:00Z',
};
const owner = { apiVersion: 'apps/v1', kind: 'ReplicaSet', name: 'web', uid: '2' };
const subdomainWrong =
  "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";

interface Case {
  readonly name: string;
  readonly change: Partial<ObjectMeta>;
  readonly wants: readonly string[];
}

describe('a new object', () => {
  const cases: readonly Case[] = [
    { name: 'plain', change: {}, wants: [] },
    {
      name: 'without a name',
      change: { name: '' },
      wants: ['metadata.name: Required value: name or generateName is required'],
    },
    { name: 'with a bad name', change: { name: 'A' }, wants: [`metadata.name: Invalid value: "A": ${subdomainWrong}`] },
    { name: 'with a prefix that ends in a dash', change: { generateName: 'web-' }, wants: [] },
    {
      name: 'with a bad prefix',
      change: { generateName: 'Web-' },
      wants: [`metadata.generateName: Invalid value: "Web-": ${subdomainWrong}`],
    },
    { name: 'without a namespace', change: { namespace: '' }, wants: ['metadata.namespace: Required value'] },
    {
      name: 'in a namespace with a dot',
      change: { namespace: 'a.b' },
      wants: ['metadata.namespace: Invalid value: "a.b": must not contain dots'],
    },
    {
      name: 'with a negative generation',
      change: { generation: -1 },
      wants: ['metadata.generation: Invalid value: -1: must be greater than or equal to 0'],
    },
    {
      name: 'with a label whose key has no name',
      change: { labels: { 'a/': 'x' } },
      wants: [
        'metadata.labels: Invalid value: "a/": name part must be non-empty',
        `metadata.labels: Invalid value: "a/": name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')`,
      ],
    },
    { name: 'with an annotation of upper case', change: { annotations: { 'Example.COM/X': '' } }, wants: [] },
    { name: 'with annotations that just fit', change: { annotations: { a: 'x'.repeat(262_143) } }, wants: [] },
    {
      name: 'with annotations that are one byte too large',
      change: { annotations: { a: 'x'.repeat(262_144) } },
      wants: ['metadata.annotations: Too long: may not be more than 262144 bytes'],
    },
    {
      name: 'with annotations too large in bytes only',
      change: { annotations: { a: '€'.repeat(90_000) } },
      wants: ['metadata.annotations: Too long: may not be more than 262144 bytes'],
    },
    { name: 'with an owner', change: { ownerReferences: [{ ...owner, controller: true }] }, wants: [] },
    {
      name: 'with an empty owner',
      change: { ownerReferences: [{ apiVersion: 'apps/', kind: '', name: '', uid: '' }] },
      wants: [
        'metadata.ownerReferences.apiVersion: Invalid value: "apps/": version must not be empty',
        'metadata.ownerReferences.kind: Invalid value: "": must not be empty',
        'metadata.ownerReferences.name: Invalid value: "": must not be empty',
        'metadata.ownerReferences.uid: Invalid value: "": must not be empty',
      ],
    },
    {
      name: 'owned by an event',
      change: { ownerReferences: [{ ...owner, apiVersion: 'v1', kind: 'Event' }] },
      wants: [
        'metadata.ownerReferences: Invalid value: {"apiVersion":"v1","kind":"Event","name":"web","uid":"2"}: /v1, Kind=Event is disallowed from being an owner',
      ],
    },
    {
      name: 'with two controllers',
      change: {
        ownerReferences: [
          { ...owner, controller: true },
          { ...owner, name: 'other', uid: '3', controller: true },
        ],
      },
      wants: [
        'metadata.ownerReferences: Invalid value: [{"apiVersion":"apps/v1","kind":"ReplicaSet","name":"web","uid":"2","controller":true},{"apiVersion":"apps/v1","kind":"ReplicaSet","name":"other","uid":"3","controller":true}]: Only one reference can have Controller set to true. Found "true" in references for ReplicaSet/web and ReplicaSet/other',
      ],
    },
    { name: "with Kubernetes' own finalizers", change: { finalizers: ['kubernetes', 'orphan'] }, wants: [] },
    { name: 'with a qualified finalizer', change: { finalizers: ['example.com/x'] }, wants: [] },
    {
      name: 'with a finalizer without a domain',
      change: { finalizers: ['mine'] },
      wants: [
        'metadata.finalizers[0]: Invalid value: "mine": name is neither a standard finalizer name nor is it fully qualified',
      ],
    },
    {
      name: 'with contradictory finalizers for dependents',
      change: { finalizers: ['orphan', 'foregroundDeletion'] },
      wants: [
        'metadata.finalizers: Invalid value: ["orphan","foregroundDeletion"]: finalizer orphan and foregroundDeletion cannot be both set',
      ],
    },
    {
      name: 'with invalid managed fields',
      change: {
        managedFields: [
          { manager: 'x'.repeat(129), operation: 'Patch', fieldsType: 'FieldsV2', subresource: 'y'.repeat(257) },
          { manager: 'a\nb', operation: 'Apply', fieldsType: 'FieldsV1' },
        ],
      },
      wants: [
        'metadata.managedFields[0].operation: Invalid value: "Patch": must be `Apply` or `Update`',
        'metadata.managedFields[0].fieldsType: Invalid value: "FieldsV2": must be `FieldsV1`',
        'metadata.managedFields[0].manager: Too long: may not be more than 128 bytes',
        'metadata.managedFields[0].subresource: Too long: may not be more than 256 bytes',
        'metadata.managedFields[1].manager: Invalid value: "a\\nb": invalid character U+000A (at position 1)',
      ],
    },
  ];
  for (const { name, change, wants } of cases) {
    test(name, () => {
      assert.deepEqual(validateObjectMeta({ ...meta, ...change }, rules).map(problemText), wants);
    });
  }

  test('has no namespace if its kind is cluster-scoped', () => {
    assert.deepEqual(validateObjectMeta(meta, { ...rules, namespaced: false }).map(problemText), [
      'metadata.namespace: Forbidden: not allowed on this type',
    ]);
  });

  test('of a custom kind may have any finalizer', () => {
    assert.deepEqual(validateObjectMeta({ ...meta, finalizers: ['mine'] }, { ...rules, anyFinalizer: true }), []);
  });
});

describe('an update', () => {
  const deleting = {
    deletionTimestamp: '2026-01-02T00:00:00Z',
    deletionGracePeriodSeconds: 30,
    finalizers: ['x.io/a'],
  };
  const cases: readonly (Case & { current?: Partial<ObjectMeta> })[] = [
    { name: 'of nothing', change: {}, wants: [] },
    {
      name: 'with a finalizer without a domain',
      current: { finalizers: ['mine'] },
      change: { finalizers: ['mine'] },
      wants: [
        'metadata.finalizers[0]: Invalid value: "mine": name is neither a standard finalizer name nor is it fully qualified',
      ],
    },
    {
      name: 'with finalizers that contradict each other',
      change: { finalizers: ['orphan', 'foregroundDeletion'] },
      wants: [
        'metadata.finalizers: Invalid value: ["orphan","foregroundDeletion"]: finalizer orphan and foregroundDeletion cannot be both set',
      ],
    },
    {
      name: 'of immutable fields',
      change: { name: 'a', namespace: 'b', uid: 'c', creationTimestamp: '2027-01-01T00:00:00Z' },
      wants: [
        'metadata.name: Invalid value: "a": field is immutable',
        'metadata.namespace: Invalid value: "b": field is immutable',
        'metadata.uid: Invalid value: "c": field is immutable',
        'metadata.creationTimestamp: Invalid value: "2027-01-01T00:00:00Z": field is immutable',
      ],
    },
    {
      name: 'that sets the deletion timestamp',
      change: { deletionTimestamp: '2026-01-02T00:00:00Z', deletionGracePeriodSeconds: 0 },
      wants: [
        'metadata.deletionTimestamp: Invalid value: "2026-01-02T00:00:00Z": field is immutable',
        'metadata.deletionGracePeriodSeconds: Invalid value: 0: field is immutable',
      ],
    },
    {
      name: 'that undoes a deletion',
      current: deleting,
      change: { finalizers: [] },
      wants: [
        'metadata.deletionTimestamp: Invalid value: null: field is immutable',
        'metadata.deletionGracePeriodSeconds: Invalid value: null: field is immutable',
      ],
    },
    {
      name: 'that removes the finalizers of a deleted object',
      current: deleting,
      change: { ...deleting, finalizers: [] },
      wants: [],
    },
    {
      name: 'that adds finalizers to a deleted object',
      current: deleting,
      change: { ...deleting, finalizers: ['x.io/a', 'x.io/b', 'x.io/c'] },
      wants: [
        'metadata.finalizers: Forbidden: no new finalizers can be added if the object is being deleted, found new finalizers []string{"x.io/b", "x.io/c"}',
      ],
    },
    {
      name: 'to a lower generation',
      current: { generation: 3 },
      change: { generation: 2 },
      wants: ['metadata.generation: Invalid value: 2: must not be decremented'],
    },
    {
      name: 'with an invalid label',
      change: { labels: { app: 'a b' } },
      wants: [
        `metadata.labels: Invalid value: "a b": a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')`,
      ],
    },
  ];
  for (const { name, change, current = {}, wants } of cases) {
    test(name, () => {
      const problems = validateObjectMetaUpdate({ ...meta, ...change }, { ...meta, ...current });
      assert.deepEqual(problems.map(problemText), wants);
    });
  }
});

test('a field manager has only printable characters', () => {
  assert.deepEqual(validateFieldManager('kubectl-client-side-apply'), []);
  assert.deepEqual(validateFieldManager('é\u0000').map(problemText), [
    'fieldManager: Invalid value: "é\\x00": invalid character U+0000 (at position 2)',
  ]);
});
