import assert from 'node:assert/strict';
import { test } from 'node:test';
import { kubernetesVersion } from '@typernetes/base';
import { gatesOfRelease } from './emulated-gates.ts';
import { featureGates } from './feature-gates.gen.ts';
import { readGates } from './gate-settings.ts';

test('the newest release in the history agrees with the table of gates', () => {
  const [major, minor] = kubernetesVersion.slice(1).split('.').map(Number) as [number, number];
  const { release, gates } = gatesOfRelease({ major, minor });
  assert.equal(release, `${major}.${minor}`);
  assert.deepEqual(gates, { ...featureGates });
});

test('an older release has the gates of its time', () => {
  const of33 = gatesOfRelease({ major: 1, minor: 33 });
  const on = (pairs: string[], gate: string): boolean => readGates(pairs, of33).isOn(gate);
  // Beta since 1.35, alpha since 1.34, and off before.
  assert.deepEqual([on([], 'HostnameOverride'), readGates([]).isOn('HostnameOverride')], [false, true]);
  assert.equal(on(['AllAlpha=true', 'AllBeta=true'], 'HostnameOverride'), false);
  assert.deepEqual(readGates(['HostnameOverride=true'], of33).problems, [
    'cannot set feature gate HostnameOverride to true, feature is PreAlpha at emulated version 1.33',
  ]);
  assert.deepEqual(readGates(['Nope=true'], of33).problems, ['unrecognized feature gate: Nope']);
});
