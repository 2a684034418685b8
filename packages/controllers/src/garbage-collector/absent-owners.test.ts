import assert from 'node:assert/strict';
import { test } from 'node:test';
import { replicasets } from '@typernetes/api/apps/v1';
import type { ApiObject, ResourceType } from '@typernetes/machinery';
import { AbsentOwners } from './absent-owners.ts';

const owner = (uid: string, namespace = 'shop') => ({
  type: replicasets as unknown as ResourceType<ApiObject>,
  namespace,
  name: 'web',
  uid,
});

test('an owner is absent by its complete identity, not by its uid alone', () => {
  const absent = new AbsentOwners();
  absent.add(owner('1'));
  assert.deepEqual(
    [absent.has(owner('1')), absent.has(owner('1', 'elsewhere')), absent.has(owner('2'))],
    [true, false, false],
  );
});

test('forgets the least recently used entry first', () => {
  const absent = new AbsentOwners(2);
  absent.add(owner('1'));
  absent.add(owner('2'));
  assert.ok(absent.has(owner('1')));
  absent.add(owner('3'));
  assert.deepEqual(
    ['1', '2', '3'].map((uid) => absent.has(owner(uid))),
    [true, false, true],
  );
});
