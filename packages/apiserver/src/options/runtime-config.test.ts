import assert from 'node:assert/strict';
import { test } from 'node:test';
import { builtInResources } from '../registry/resources.ts';
import { enabledResources, laterVersionProblems, runtimeConfigProblems } from './runtime-config.ts';

const served = (config: Record<string, string>): Set<string> =>
  new Set(enabledResources(builtInResources, config).map(({ type }) => `${type.group}/${type.version}/${type.plural}`));

test('the most exact key decides', () => {
  const preset = 'settings.k8s.io/v1alpha1/podpresets';
  assert.ok(!served({}).has(preset));
  for (const key of ['api/all', 'api/alpha', 'settings.k8s.io/v1alpha1', preset])
    assert.deepEqual(served({ [key]: 'true' }), new Set([...served({}), ...served({ [key]: 'true' })]));
  assert.ok(served({ 'settings.k8s.io/v1alpha1': 'true' }).has(preset));
  assert.ok(!served({ 'apps/v1': 'false' }).has('apps/v1/deployments'));
  assert.ok(served({ 'apps/v1': 'false' }).has('/v1/pods'));
  assert.deepEqual([...served({ 'api/all': 'false', 'v1/pods': 'true' })], ['/v1/pods']);
  assert.ok(!served({ 'apps/v1/deployments': 'false' }).has('apps/v1/deployments'));
});

test('wrong keys and values are problems', () => {
  const known = new Set(['', 'apps']);
  assert.deepEqual(runtimeConfigProblems({ 'api/all': 'true', 'apps/v1': 'false', v1: '' }, known), []);
  assert.deepEqual(runtimeConfigProblems({ 'nope/v1': 'true', 'api/all': 'yes' }, known), [
    'unknown api groups nope',
    'invalid value of api/all=yes: must be true or false',
  ]);
  assert.deepEqual(runtimeConfigProblems({ 'api/all': 'false' }, known), ['invalid key with only api/all=false']);
});

test('resources newer than the emulated release can be enabled explicitly', () => {
  const emulated = { major: 1, minor: 33 };
  const slices = (config: Record<string, string>, forward: { all?: boolean; runtimeConfig?: boolean }): string[] =>
    enabledResources(builtInResources, config, { emulated, forward })
      .map(({ type }) => type)
      .filter(({ group, plural }) => group === 'resource.k8s.io' && plural === 'resourceslices')
      .map(({ version }) => version);
  const beta = { 'resource.k8s.io/v1beta1': 'true' };
  assert.deepEqual(slices(beta, {}), ['v1beta1']);
  // Better versions of resources in use, but no others.
  assert.deepEqual(slices(beta, { all: true }), ['v1', 'v1beta1']);
  assert.deepEqual(slices({}, { all: true }), []);
  assert.deepEqual(slices({ ...beta, 'resource.k8s.io/v1': 'false' }, { all: true }), ['v1beta1']);
  const stable = { 'resource.k8s.io/v1': 'true' };
  assert.deepEqual(slices(stable, {}), []);
  assert.deepEqual(slices(stable, { runtimeConfig: true }), ['v1']);
  assert.deepEqual(laterVersionProblems({ ...stable, 'apps/v1': 'true', 'api/all': 'true' }, emulated), [
    'cannot enable version resource.k8s.io/v1 in runtime-config because all the resources have been introduced after the current version 1.33. Consider setting --runtime-config-emulation-forward-compatible=true',
  ]);
  assert.deepEqual(laterVersionProblems({ 'resource.k8s.io/v1': 'false' }, emulated), []);
});
