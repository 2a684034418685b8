import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { CustomResourceDefinition } from '@typernetes/api/apiextensions/v1';
import type { StorageVersionMigration } from '@typernetes/api/storagemigration/v1beta1';
import { conditionsAfter, definitionBegun, definitionEnded, planStep } from './plan.ts';

const now = '2026-06-30T12:00:00Z';
const migration = (name: string, status?: StorageVersionMigration['status'], minute = 0): StorageVersionMigration => ({
  metadata: { name, uid: name, resourceVersion: '1', creationTimestamp: `2026-06-30T11:0${minute}:00Z` },
  spec: { resource: { group: '', resource: 'secrets' } },
  ...(status ? { status } : {}),
});
const withOutcome = (of: StorageVersionMigration, type: 'Running' | 'Succeeded' | 'Failed', resourceVersion?: string) =>
  migration(of.metadata.name, {
    conditions: conditionsAfter(of, { type, now }),
    ...(resourceVersion ? { resourceVersion } : {}),
  });

test('migrations of a resource take turns, the oldest first', () => {
  const [a, b] = [migration('a', undefined, 1), migration('b', undefined, 0)];
  const step = (...all: StorageVersionMigration[]): unknown => {
    const next = planStep(all);
    return next && [next.migration.metadata.name, next.what];
  };
  assert.deepEqual(step(a, b), ['b', 'start']);
  assert.deepEqual(step(a, withOutcome(b, 'Running')), ['b', 'note']);
  assert.deepEqual(step(a, withOutcome(b, 'Running', '7')), ['b', 'migrate']);
  assert.deepEqual(step(a, withOutcome(withOutcome(b, 'Running', '7'), 'Succeeded')), ['a', 'start']);
  assert.equal(step(withOutcome(a, 'Failed'), withOutcome(b, 'Succeeded')), undefined);
});

test('an ended migration is not running', () => {
  const ended = conditionsAfter(withOutcome(migration('a'), 'Running'), { type: 'Failed', message: 'why', now });
  assert.deepEqual(
    ended.map(({ type, status, reason, message }) => [type, status, reason, message]),
    [
      ['Running', 'False', 'StorageVersionMigrationInProgress', ''],
      ['Failed', 'True', 'StorageVersionMigrationFailed', 'why'],
    ],
  );
});

test('a definition drops its old stored versions, unless it has changed meanwhile', () => {
  const definition = (generation: number, status: object): CustomResourceDefinition =>
    ({
      metadata: { name: 'ports.net.example', generation },
      spec: {
        versions: [
          { name: 'v1', storage: false },
          { name: 'v2', storage: true },
        ],
      },
      status: { storedVersions: ['v1', 'v2'], ...status },
    }) as never;
  const begun = definitionBegun(definition(3, {}), { migration: 'm', now });
  assert.deepEqual(
    begun.conditions?.map(({ status, message }) => [status, message]),
    [['True', 'Migration m is running']],
  );
  const ended = (generation: number, succeeded: boolean) => {
    const { conditions, storedVersions } = definitionEnded(definition(generation, begun), { succeeded, now });
    return [conditions?.map(({ status, reason }) => `${status} ${reason}`), storedVersions];
  };
  assert.deepEqual(ended(3, true), [['False MigrationSucceeded'], ['v2']]);
  assert.deepEqual(ended(4, true), [['False MigrationSucceeded'], undefined]);
  assert.deepEqual(ended(3, false), [['False MigrationFailed'], undefined]);
});
