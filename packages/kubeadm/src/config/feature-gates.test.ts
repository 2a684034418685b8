import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FakeCluster, FakeHost, runOn } from '../testing/index.ts';
import { featureGates, featureGateWarnings, gateHelp } from './feature-gates.ts';

test('parses feature gates as upstream does', () => {
  assert.deepEqual(featureGates('NodeLocalCRISocket=false, RootlessControlPlane=T,,ControlPlaneKubeletLocalMode=1'), {
    NodeLocalCRISocket: false,
    RootlessControlPlane: true,
    ControlPlaneKubeletLocalMode: true,
  });
  const cases: [text: string, message: string][] = [
    ['Nope=true', 'unrecognized feature-gate key: Nope'],
    ['toString=true', 'unrecognized feature-gate key: toString'],
    // Removed: these gates are always on, or were given up.
    ['EtcdLearnerMode=true', 'unrecognized feature-gate key: EtcdLearnerMode'],
    ['WaitForAllControlPlaneComponents=true', 'unrecognized feature-gate key: WaitForAllControlPlaneComponents'],
    ['UpgradeAddonsBeforeControlPlane=true', 'unrecognized feature-gate key: UpgradeAddonsBeforeControlPlane'],
    ['PublicKeysECDSA', 'missing bool value for feature-gate key:PublicKeysECDSA'],
    ['PublicKeysECDSA=yes', 'invalid value yes for feature-gate key: PublicKeysECDSA, use true|false instead'],
  ];
  for (const [text, message] of cases) assert.throws(() => featureGates(text), { message });
});

test('help lists the gates that can be set, with their stage and default', () => {
  assert.deepEqual(gateHelp.split('\n'), [
    'NodeLocalCRISocket=true|false (default=true)',
    'PublicKeysECDSA=true|false (DEPRECATED - default=false)',
    'RootlessControlPlane=true|false (ALPHA - default=false)',
  ]);
});

test('warns of deprecated gates, and of those without effect here', async () => {
  assert.deepEqual(featureGateWarnings({ NodeLocalCRISocket: true }), []);
  const gates = '--feature-gates=PublicKeysECDSA=true,RootlessControlPlane=true';
  const { code, err } = await runOn(new FakeHost(), new FakeCluster(), [
    'init',
    'phase',
    'control-plane',
    'all',
    gates,
  ]);
  assert.equal(code, 0, err);
  assert.match(
    err,
    /WARNING: Setting deprecated feature gate PublicKeysECDSA=true. It will be removed in a future release.\n/,
  );
  assert.match(err, /WARNING: feature gate "RootlessControlPlane" has no effect/);
  const wrong = await runOn(new FakeHost(), new FakeCluster(), ['init', '--feature-gates=Nope=true']);
  assert.match(wrong.err, /^error: unrecognized feature-gate key: Nope\n/);
});
