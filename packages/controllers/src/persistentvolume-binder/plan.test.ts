import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { PersistentVolume, PersistentVolumeClaim } from '@typernetes/api/core/v1';
import type { StorageClass } from '@typernetes/api/storage/v1';
import { boundClaim, boundStatus, boundVolume } from './binding.ts';
import { planClaim } from './claim-plan.ts';
import { bestMatch } from './match.ts';
import { planVolume } from './volume-plan.ts';

const meta = (name: string, annotations = {}) => ({
  name,
  uid: name,
  resourceVersion: '1',
  creationTimestamp: '',
  annotations,
});
type VolumeSpec = NonNullable<PersistentVolume['spec']>;
const volume = (name: string, size: string, spec: Partial<VolumeSpec> = {}, annotations = {}): PersistentVolume => ({
  metadata: meta(name, annotations),
  spec: {
    capacity: { storage: size },
    accessModes: ['ReadWriteOnce'],
    persistentVolumeReclaimPolicy: 'Retain',
    ...spec,
  },
  status: { phase: spec.claimRef ? 'Bound' : 'Available' },
});
type ClaimSpec = NonNullable<PersistentVolumeClaim['spec']>;
const claim = (spec: Partial<ClaimSpec> = {}, annotations = {}): PersistentVolumeClaim => ({
  metadata: { ...meta('data', annotations), namespace: 'shop' },
  spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '5Gi' } }, storageClassName: '', ...spec },
  status: { phase: 'Pending' },
});
const meant = (uid?: string) => ({ claimRef: { namespace: 'shop', name: 'data', ...(uid ? { uid } : {}) } });
const storageClass = (name: string, rest: Partial<StorageClass> = {}): StorageClass => ({
  metadata: meta(name),
  provisioner: 'acme.io/disk',
  ...rest,
});

const matches: [
  name: string,
  volumes: PersistentVolume[],
  wanted: string | undefined,
  claim?: PersistentVolumeClaim,
  delayed?: boolean,
][] = [
  ['the smallest that is large enough', [volume('a', '20Gi'), volume('b', '10Gi'), volume('c', '1Gi')], 'b'],
  ['one made for it first', [volume('a', '10Gi'), volume('b', '20Gi', meant())], 'b'],
  [
    'one that others may not use as well, if larger',
    [
      volume('a', '10Gi', { accessModes: ['ReadWriteMany', 'ReadWriteOnce'] }),
      volume('b', '20Gi'),
      volume('c', '15Gi', { accessModes: ['ReadWriteOnce', 'ReadWriteOnce'] }),
    ],
    'c',
  ],
  [
    'one made for it after one of fewer ways of access',
    [volume('a', '10Gi', { ...meant(), accessModes: ['ReadOnlyMany', 'ReadWriteOnce'] }), volume('b', '20Gi')],
    'b',
  ],
  ['not one made for another', [volume('a', '10Gi', { claimRef: { namespace: 'shop', name: 'other' } })], undefined],
  ['of its class', [volume('a', '10Gi', { storageClassName: 'fast' })], undefined],
  ['with its access modes', [volume('a', '10Gi', { accessModes: ['ReadOnlyMany'] })], undefined],
  ['with its mode', [volume('a', '10Gi', { volumeMode: 'Block' })], undefined],
  ['by its selector', [volume('a', '10Gi')], undefined, claim({ selector: { matchLabels: { disk: 'ssd' } } })],
  ['while it waits, only one made for it', [volume('a', '10Gi')], undefined, claim(), true],
  ['made for it, although it waits', [volume('a', '10Gi', meant())], 'a', claim(), true],
];
describe('the best match', () => {
  for (const [name, volumes, wanted, given = claim(), delayed = false] of matches)
    test(name, () => assert.equal(bestMatch(given, volumes, { delayed })?.metadata.name, wanted));
});

const late = storageClass('late', { volumeBindingMode: 'WaitForFirstConsumer' });
const fast = storageClass('fast');
const done = { 'pv.kubernetes.io/bind-completed': 'yes' };
const claims: [
  name: string,
  claim: PersistentVolumeClaim,
  volumes: PersistentVolume[],
  plan: string,
  waiting?: string[],
][] = [
  ['a match is bound', claim(), [volume('a', '10Gi')], 'bind a'],
  ['nothing fits', claim(), [], 'Pending FailedBinding'],
  ['a class provisions', claim({ storageClassName: 'fast' }), [], 'update ExternalProvisioning'],
  ['a class that is missing', claim({ storageClassName: 'none' }), [], 'Pending ProvisioningFailed'],
  ['waits for a consumer', claim({ storageClassName: 'late' }), [], 'Pending WaitForFirstConsumer'],
  ['waits for its pod', claim({ storageClassName: 'late' }), [], 'Pending WaitForPodScheduled', ['web']],
  [
    'a node was chosen',
    claim({ storageClassName: 'late' }, { 'volume.kubernetes.io/selected-node': 'n1' }),
    [],
    'update ExternalProvisioning',
  ],
  ['names a volume that is not there yet', claim({ volumeName: 'a' }), [], 'Pending '],
  ['names a free volume', claim({ volumeName: 'a' }), [volume('a', '9Gi')], 'bind a'],
  ['names one that is too small', claim({ volumeName: 'a' }), [volume('a', '1Gi')], 'Pending VolumeMismatch'],
  [
    'names one of another',
    claim({ volumeName: 'a' }),
    [volume('a', '9Gi', { claimRef: { name: 'x', namespace: 'shop', uid: 'x' } })],
    'Pending FailedBinding',
  ],
  ['bound, the volume is gone', claim({ volumeName: 'a' }, done), [], 'Lost ClaimLost'],
  [
    "bound, the volume is another one's",
    claim({ volumeName: 'a' }, done),
    [volume('a', '9Gi', meant('else'))],
    'Lost ClaimMisbound',
  ],
];
describe('claims', () => {
  for (const [name, given, volumes, wanted, waiting = []] of claims)
    test(name, () => {
      const find = (one: string) => volumes.find(({ metadata }) => metadata.name === one);
      const plan = planClaim(given, { volumes, volume: find, classes: [late, fast], waiting, provisions: true });
      const shown =
        plan.do === 'bind'
          ? `bind ${plan.volume.metadata.name}`
          : `${plan.do === 'settle' ? plan.phase : plan.do} ${plan.event?.reason ?? ''}`;
      assert.equal(shown, wanted);
    });
  test('without dynamic provisioning the claim waits, and no provisioner is called', () => {
    const view = { volumes: [], volume: () => undefined, classes: [fast], waiting: [], provisions: false };
    const plan = planClaim(claim({ storageClassName: 'fast' }), view);
    assert.deepEqual(plan, { do: 'settle', phase: 'Pending' });
    const fitting = [volume('a', '9Gi', { storageClassName: 'fast' })];
    assert.equal(planClaim(claim({ storageClassName: 'fast' }), { ...view, volumes: fitting }).do, 'bind');
  });
  test('a claim without a class gets the default', () => {
    const standard = storageClass('standard');
    standard.metadata.annotations = { 'storageclass.kubernetes.io/is-default-class': 'true' };
    const { storageClassName: _, ...spec } = claim().spec ?? {};
    const view = { volumes: [], volume: () => undefined, classes: [fast, standard], waiting: [], provisions: true };
    const plan = planClaim({ ...claim(), spec }, view);
    assert.equal(plan.do === 'update' && plan.claim.spec?.storageClassName, 'standard');
  });
});

const volumes: [name: string, volume: PersistentVolume, claim: PersistentVolumeClaim | undefined, plan: string][] = [
  ['free', volume('a', '1Gi'), undefined, 'settle Available'],
  ['reserved', volume('a', '1Gi', meant()), undefined, 'settle Available'],
  ['bound', volume('a', '1Gi', meant('data')), claim({ volumeName: 'a' }), 'settle Bound'],
  ['its claim does not know yet', volume('a', '1Gi', meant('data')), claim(), 'wake '],
  ['its claim has another', volume('a', '1Gi', meant('data')), claim({ volumeName: 'b' }), 'unbind '],
  ['kept', volume('a', '1Gi', meant('data')), undefined, 'settle Released'],
  [
    'to be deleted by its driver',
    volume('a', '1Gi', { ...meant('data'), persistentVolumeReclaimPolicy: 'Delete', csi: {} as never }),
    undefined,
    'settle Released',
  ],
  [
    'a path that nobody may delete',
    volume('a', '1Gi', {
      ...meant('data'),
      persistentVolumeReclaimPolicy: 'Delete',
      hostPath: { path: '/data' },
    }),
    undefined,
    'settle Failed',
  ],
  [
    'a path for tests',
    volume('a', '1Gi', {
      ...meant('data'),
      persistentVolumeReclaimPolicy: 'Delete',
      hostPath: { path: '/tmp/data' },
    }),
    undefined,
    'delete ',
  ],
  [
    'nobody can delete it',
    volume('a', '1Gi', { ...meant('data'), persistentVolumeReclaimPolicy: 'Delete' }),
    undefined,
    'settle Failed',
  ],
];
describe('volumes', () => {
  for (const [name, given, of, wanted] of volumes)
    test(name, () => {
      const plan = planVolume(given, of);
      assert.equal(`${plan.do} ${plan.do === 'settle' ? plan.phase : ''}`, wanted);
    });
});

test('both sides of a binding', () => {
  const bound = boundVolume(volume('a', '10Gi'), claim());
  assert.equal(bound?.spec?.claimRef?.uid, 'data');
  assert.equal(bound?.metadata.annotations?.['pv.kubernetes.io/bound-by-controller'], 'yes');
  assert.equal(bound && boundVolume(bound, claim()), undefined);
  const given = boundClaim(claim(), volume('a', '10Gi'));
  assert.equal(given?.spec?.volumeName, 'a');
  assert.equal(given && boundClaim(given, volume('a', '10Gi')), undefined);
  assert.deepEqual(boundStatus(claim(), volume('a', '10Gi')), {
    phase: 'Bound',
    accessModes: ['ReadWriteOnce'],
    capacity: { storage: '10Gi' },
  });
});
