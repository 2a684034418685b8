import assert from 'node:assert/strict';
import { test } from 'node:test';
import { assertProblems } from './testing/problem-lines.ts';
import {
  validateClusterTrustBundle,
  validateClusterTrustBundleUpdate,
  validateDeviceTaintRule,
  validateLeaseCandidate,
  validatePodCertificateRequest,
  validateStorageVersionMigration,
  validateStorageVersionMigrationStatus,
  validateStorageVersionStatus,
} from './validation.ts';

const meta = (name: string) => ({ metadata: { name } }) as never as { metadata: never };
const pem = '-----BEGIN CERTIFICATE-----\nAA==\n-----END CERTIFICATE-----\n';

test("a trust bundle has its signer's prefix in its name, and an immutable signer", () => {
  const bundle = (name: string, signerName: string, trustBundle = pem) => ({
    ...meta(name),
    spec: { signerName, trustBundle },
  });
  assert.deepEqual(validateClusterTrustBundle(bundle('example.com:signer:one', 'example.com/signer')), []);
  assertProblems(validateClusterTrustBundle(bundle('one', 'example.com/signer')), [
    'metadata.name: ClusterTrustBundle for signerName example.com/signer must be named with prefix example.com:signer:',
  ]);
  assertProblems(validateClusterTrustBundle(bundle('a:b', '', 'none')), [
    'metadata.name: ClusterTrustBundle without signer name must not have ":" in its name',
  ]);
  // A bundle stored before the check stays valid as long as nobody changes it.
  const old = bundle('one', '', 'none');
  assert.deepEqual(validateClusterTrustBundleUpdate(old, old), []);
  assertProblems(validateClusterTrustBundleUpdate(bundle('one', 'example.com/signer', 'none'), old), [
    'spec.signerName: field is immutable',
  ]);
});

test('a pod certificate request names its pod, and has either keys or a signing request', () => {
  const spec = {
    signerName: 'example.com/signer',
    podName: 'p',
    podUID: 'u',
    serviceAccountName: 's',
    serviceAccountUID: 'u',
    nodeName: 'n',
    nodeUID: 'u',
    maxExpirationSeconds: 3600,
    stubPKCS10Request: 'AA==',
  };
  assert.deepEqual(validatePodCertificateRequest({ ...meta('r'), spec }), []);
  const wrong = { ...spec, podUID: '', maxExpirationSeconds: 10, stubPKCS10Request: '', nodeName: 'N' };
  assertProblems(validatePodCertificateRequest({ ...meta('r'), spec: wrong }), [
    "spec.nodeName: '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')",
    'spec.podUID: must not be empty',
    'spec.maxExpirationSeconds: must be in the range [3600, 7862400]',
    'spec: exactly one of (stubPKCS10Request) or (pkixPublicKey, proofOfPossession) must be set',
  ]);
});

test('lease candidates have versions in order', () => {
  const spec = {
    leaseName: 'l',
    binaryVersion: '1.36.0',
    emulationVersion: '1.35.0',
    strategy: 'OldestEmulationVersion',
  };
  assert.deepEqual(validateLeaseCandidate({ ...meta('c'), spec }), []);
  assertProblems(validateLeaseCandidate({ ...meta('c'), spec: { ...spec, emulationVersion: '1.37.0' } }), [
    'spec.binaryVersion: must be greater than or equal to `emulationVersion`',
  ]);
  const none = { leaseName: '', binaryVersion: 'x', strategy: 'OldestEmulationVersion' };
  assertProblems(validateLeaseCandidate({ ...meta('c'), spec: none }), [
    'spec.leaseName: ',
    'spec.binaryVersion: must be a valid semantic version',
    "spec.emulationVersion: must be specified when `strategy` is 'OldestEmulationVersion'",
  ]);
});

test('device taint rules have valid taints and selectors', () => {
  const rule = (deviceSelector: object, taint: object) =>
    ({ ...meta('r'), spec: { deviceSelector, taint } }) as unknown as Parameters<typeof validateDeviceTaintRule>[0];
  const taint = { key: 'example.com/broken', effect: 'NoExecute' };
  assert.deepEqual(validateDeviceTaintRule(rule({ driver: 'd.example.com', pool: 'a/b', device: 'one' }, taint)), []);
  assert.deepEqual(
    validateDeviceTaintRule(rule({ pool: 'a//b', device: '' }, { key: '', effect: 'Never' })).map(
      ({ field, type }) => `${field} ${type}`,
    ),
    [
      'spec.deviceSelector.pool Invalid',
      'spec.deviceSelector.device Invalid',
      'spec.taint.key Invalid',
      'spec.taint.key Invalid',
      'spec.taint.effect NotSupported',
    ],
  );
});

test('a migration names a resource, and finishes once', () => {
  const migration = (resource: object, status: object = {}) =>
    ({ ...meta('m'), spec: { resource }, status }) as unknown as Parameters<typeof validateStorageVersionMigration>[0];
  assert.deepEqual(validateStorageVersionMigration(migration({ resource: 'pods' })), []);
  assertProblems(validateStorageVersionMigration(migration({})), [
    'spec.resource.resource: resource is required to be set',
  ]);
  const on = (type: string) => ({ type, status: 'True', reason: 'Ended', lastTransitionTime: '2026-01-01T00:00:00Z' });
  const done = migration({ resource: 'pods' }, { resourceVersion: '5', conditions: [on('Succeeded')] });
  const both = migration({ resource: 'pods' }, { resourceVersion: '6', conditions: [on('Succeeded'), on('Failed')] });
  assertProblems(validateStorageVersionMigrationStatus(both, done), [
    'status.resourceVersion: field is immutable',
    'status.conditions: Both success and failed conditions cannot be true at the same time',
  ]);
  assertProblems(
    validateStorageVersionMigrationStatus(migration({ resource: 'pods' }, { resourceVersion: '5' }), done),
    ['status.conditions: Success condition cannot be set to false once it is true'],
  );
});

test('the common storage version agrees with those of the servers', () => {
  const server = (apiServerID: string, encodingVersion: string, decodableVersions: readonly string[]) => ({
    apiServerID,
    encodingVersion,
    decodableVersions,
  });
  const version = (status: object) =>
    ({ ...meta('v'), spec: {}, status }) as unknown as Parameters<typeof validateStorageVersionStatus>[0];
  const one = server('a', 'apps/v1', ['apps/v1']);
  assert.deepEqual(
    validateStorageVersionStatus(version({ storageVersions: [one], commonEncodingVersion: 'apps/v1' })),
    [],
  );
  assertProblems(validateStorageVersionStatus(version({ storageVersions: [one] })), [
    'status.commonEncodingVersion: the common encoding version is apps/v1',
  ]);
  const split = [one, server('a', 'apps/v2', [])];
  assertProblems(validateStorageVersionStatus(version({ storageVersions: split, commonEncodingVersion: 'apps/v1' })), [
    'status.storageVersions[1].apiServerID: ',
    'status.storageVersions[1].decodableVersions: decodableVersions must include encodingVersion apps/v2',
    'status.commonEncodingVersion: should be nil if servers do not agree on the same encoding version, or if there is no server reporting the supported versions yet',
  ]);
});
