import assert from 'node:assert/strict';
import { test } from 'node:test';
import { problemText } from '@typernetes/machinery';
import {
  validatePersistentVolumeClaim,
  validatePersistentVolumeClaimUpdate,
  validatePersistentVolumeUpdate,
} from './persistent-volume-validation.ts';

const claim = (spec: object, status: object = { phase: 'Bound' }) =>
  ({
    metadata: { name: 'c', namespace: 'default' },
    spec: {
      accessModes: ['ReadWriteOnce'],
      volumeMode: 'Filesystem',
      resources: { requests: { storage: '1Gi' } },
      ...spec,
    },
    status,
  }) as never;

test('attributes that were set cannot be removed', () => {
  const fast = { volumeAttributesClassName: 'fast' };
  const bound = { phase: 'Bound', currentVolumeAttributesClassName: 'fast' };
  const problems = (next: object, status: object): string[] =>
    validatePersistentVolumeClaimUpdate(claim(next, status), claim(fast, status)).map(problemText);
  const at = 'spec.volumeAttributesClassName: Forbidden: update to';
  const reason = 'is forbidden when status.currentVolumeAttributesClassName is not nil';
  assert.deepEqual(problems({}, bound), [`${at} nil ${reason}`]);
  assert.deepEqual(problems({ volumeAttributesClassName: '' }, bound), [`${at} empty string ${reason}`]);
  assert.deepEqual(problems({ volumeAttributesClassName: 'slow' }, bound), []);
  assert.deepEqual(problems({}, { phase: 'Bound' }), []);

  const volume = (spec: object) =>
    ({
      metadata: { name: 'v' },
      spec: {
        accessModes: ['ReadWriteOnce'],
        capacity: { storage: '1Gi' },
        persistentVolumeReclaimPolicy: 'Retain',
        volumeMode: 'Filesystem',
        csi: { driver: 'example.com', volumeHandle: 'h' },
        ...spec,
      },
    }) as never;
  assert.deepEqual(validatePersistentVolumeUpdate(volume({}), volume(fast)).map(problemText), [
    'spec.volumeAttributesClassName: Forbidden: update from non-nil value to nil is forbidden',
  ]);
});

test("a claim's data source is a claim, or an object of another API group", () => {
  const problems = (dataSourceRef: object): string[] =>
    validatePersistentVolumeClaim(claim({ dataSourceRef })).map(problemText);
  assert.deepEqual(problems({ kind: 'PersistentVolumeClaim', name: 'a' }), []);
  assert.deepEqual(problems({ apiGroup: 'example.com', kind: 'Image', name: 'a', namespace: 'b' }), []);
  assert.deepEqual(problems({ kind: 'Image', name: 'a' }), [
    `spec.dataSourceRef: Invalid value: "Image": must be 'PersistentVolumeClaim' when referencing the default apiGroup`,
  ]);
  assert.match(
    problems({ apiGroup: 'a_', kind: 'Image', name: 'a' })[0] ?? '',
    /^spec\.dataSourceRef\.apiGroup: Invalid value: "a_": a lowercase/,
  );
  assert.match(
    problems({ apiGroup: 'example.com', kind: 'Image', name: 'a', namespace: 'B' })[0] ?? '',
    /^spec\.dataSourceRef\.namespace: Invalid value: "B": a lowercase/,
  );
});

test("a claim's volume mode is immutable, and told apart from the rest", () => {
  const problems = validatePersistentVolumeClaimUpdate(claim({ volumeMode: 'Block' }), claim({})).map(problemText);
  assert.match(problems[0] ?? '', /^spec: Forbidden: spec is immutable after creation except/);
  assert.deepEqual(problems.slice(1), ['volumeMode: Invalid value: "Block": field is immutable']);
});
