import assert from 'node:assert/strict';
import { test } from 'node:test';
import { builtInResources } from '../registry/resources.ts';
import { enabledResources, runtimeConfigProblems } from './runtime-config.ts';

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
