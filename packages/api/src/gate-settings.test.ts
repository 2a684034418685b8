import assert from 'node:assert/strict';
import { test } from 'node:test';
import { featureGates } from './feature-gates.gen.ts';
import { type GateSettings, gateProblems, gateWarnings, isGateOn, readGates } from './gate-settings.ts';

test('a lock decides about a gate, then its own setting, then that of its stage, then its default', () => {
  const cases: readonly [given: GateSettings, gate: string, isOn: boolean][] = [
    [{}, 'HostnameOverride', true],
    [{ HostnameOverride: false }, 'HostnameOverride', false],
    [{ AllBeta: false }, 'HostnameOverride', false],
    [{ AllBeta: false, HostnameOverride: true }, 'HostnameOverride', true],
    [{ AllAlpha: true }, 'GenericWorkload', true],
    [{ AllAlpha: true }, 'HostnameOverride', true],
    [{ AllAlpha: false, AllBeta: false }, 'CRDValidationRatcheting', true],
    [{ Nope: true }, 'toString', false],
  ];
  for (const [given, gate, isOn] of cases) assert.equal(isGateOn(gate, given), isOn, JSON.stringify([given, gate]));
});

test("reports unknown gates, locked gates and unmet dependencies with upstream's messages", () => {
  const cases: readonly [given: GateSettings, problems: readonly string[]][] = [
    [{}, []],
    [{ AllAlpha: true }, []],
    [{ AllBeta: true, AllAlpha: false }, []],
    [{ CRDValidationRatcheting: true }, []],
    [{ Nope: true, CRDValidationRatcheting: false }, ['unrecognized feature gate: Nope']],
    [{ constructor: true }, ['unrecognized feature gate: constructor']],
    [
      { CRDValidationRatcheting: false },
      ['cannot set feature gate CRDValidationRatcheting to false, feature is locked to true'],
    ],
    [
      { ClusterTrustBundleProjection: true },
      ['ClusterTrustBundleProjection is enabled, but depends on features that are disabled: [ClusterTrustBundle]'],
    ],
    [{ ClusterTrustBundleProjection: true, ClusterTrustBundle: true }, []],
  ];
  for (const [given, problems] of cases) assert.deepEqual(gateProblems(given), problems, JSON.stringify(given));
});

test('warns of gates that will be removed', () => {
  assert.deepEqual(gateWarnings({ CRDValidationRatcheting: true, AllowDNSOnlyNodeCSR: true, HostnameOverride: true }), [
    'Setting GA feature gate CRDValidationRatcheting=true. It will be removed in a future release.',
    'Setting deprecated feature gate AllowDNSOnlyNodeCSR=true. It will be removed in a future release.',
  ]);
});

test('reads flags with or without the component, but not a mixture', () => {
  const { settings, problems: none, isOn } = readGates(['kube:AllAlpha=true', ' kube: HostnameOverride = 0']);
  assert.deepEqual([settings, none], [{ AllAlpha: true, HostnameOverride: false }, []]);
  assert.deepEqual(['HostnameOverride', 'GenericWorkload'].map(isOn), [false, true]);
  assert.deepEqual(readGates(['AllAlpha=t', 'AllAlpha=false', '']).settings, { AllAlpha: false });
  const problems: Readonly<Record<string, string>> = {
    'other:A=true': 'component not registered: other',
    AllAlpha: 'missing bool value for AllAlpha',
    'AllAlpha=maybe': 'invalid value of AllAlpha=maybe, err: strconv.ParseBool: parsing "maybe": invalid syntax',
    'A=true,kube:AllAlpha=true':
      'set kube feature gates with default empty prefix or kube: prefix consistently, do not mix use',
    'A=true': 'unrecognized feature gate: A',
  };
  for (const [flag, problem] of Object.entries(problems))
    assert.deepEqual(readGates(flag.split(',')).problems, [problem], flag);
});

test('every gate that another depends on exists', () => {
  for (const [name, { needs = [] }] of Object.entries(featureGates))
    for (const one of needs) assert.ok(featureGates[one], `${name} needs ${one}`);
  for (const name of ['WatchListClient', 'ContextualLogging', 'LoggingBetaOptions'])
    assert.ok(featureGates[name], name);
});
