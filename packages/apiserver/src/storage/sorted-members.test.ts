import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ApiObject } from '@typernetes/machinery';
import { withSortedMembers } from './sorted-members.ts';

test('sorts members by name at any depth, except in metadata', () => {
  const object = {
    apiVersion: 'a/v1',
    kind: 'A',
    metadata: { name: 'x', labels: { b: '1', a: '2' } },
    status: { b: 1, a: [{ z: [{ y: 1, x: 2 }], Y: 3 }] },
    spec: { b: { d: null, c: true }, a: 'x' },
  } as unknown as ApiObject;
  assert.equal(
    JSON.stringify(withSortedMembers(object)),
    '{"apiVersion":"a/v1","kind":"A","metadata":{"name":"x","labels":{"b":"1","a":"2"}},"spec":{"a":"x","b":{"c":true,"d":null}},"status":{"a":[{"Y":3,"z":[{"x":2,"y":1}]}],"b":1}}',
  );
});

test('returns the same object if it is sorted already', () => {
  const object = { apiVersion: 'a/v1', kind: 'A', metadata: { name: 'x' }, spec: { a: [{ b: 1, c: {} }] } };
  assert.equal(withSortedMembers(object as unknown as ApiObject), object);
});
