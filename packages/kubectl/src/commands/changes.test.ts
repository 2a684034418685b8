import assert from 'node:assert/strict';
import { test } from 'node:test';
import { mapPatch, splitChanges } from './key-value-changes.ts';
import { changedTaints, parseTaints } from './taint-changes.ts';

test('separates names from changes', () => {
  assert.deepEqual(splitChanges(['pods', 'web', 'a=1', 'b-'], 'label'), {
    targets: ['pods', 'web'],
    changes: { set: { a: '1' }, remove: ['b'] },
  });
});

test('overwrites a value only with --overwrite', () => {
  const changes = { set: { a: '2' }, remove: ['gone', 'b'] };
  assert.throws(() => mapPatch({ a: '1' }, changes, { overwrite: false, what: 'labels' }), {
    message: "'a' already has a value (1), and --overwrite is false",
  });
  assert.deepEqual(mapPatch({ a: '1', b: 'x' }, changes, { overwrite: true, what: 'labels' }), { a: '2', b: null });
  assert.equal(mapPatch({ a: '2' }, changes, { overwrite: false, what: 'labels' }), undefined);
});

test('adds, replaces and removes taints', () => {
  const current = [{ key: 'a', value: '1', effect: 'NoSchedule' as const }];
  const options = { overwrite: false, nodeName: 'n' };
  assert.deepEqual(changedTaints(current, parseTaints(['b=2:NoExecute']), options), [
    { key: 'b', value: '2', effect: 'NoExecute' },
    ...current,
  ]);
  assert.deepEqual(changedTaints(current, parseTaints(['a-']), options), []);
  assert.deepEqual(changedTaints(current, parseTaints(['a:NoSchedule-']), options), []);
  assert.throws(() => changedTaints(current, parseTaints(['zz-']), options), { message: 'taint "zz" not found' });
  assert.throws(() => changedTaints(current, parseTaints(['a=2:NoSchedule']), options), {
    message: 'node n already has a taint(s) with same effect(s) and --overwrite is false',
  });
  assert.throws(() => parseTaints(['a=b:Never']), { message: 'invalid taint effect: Never, unsupported taint effect' });
});
