import assert from 'node:assert/strict';
import { test } from 'node:test';
import { defaultPlugins } from '../plugins/default-plugins.ts';
import { decodeSchedulerConfig, profilesOf, validateSchedulerConfig } from './config.ts';

const header = 'apiVersion: kubescheduler.config.k8s.io/v1\nkind: KubeSchedulerConfiguration\n';

test('without profiles there is the default one with all plugins', () => {
  const [profile, ...others] = profilesOf(decodeSchedulerConfig(header));
  assert.equal(profile?.schedulerName, 'default-scheduler');
  assert.deepEqual(profile?.plugins, defaultPlugins);
  assert.deepEqual(others, []);
});

test('plugins are disabled and weighted as a profile says', () => {
  const text = `${header}profiles:
- schedulerName: packed
  plugins:
    score:
      disabled: [{name: ImageLocality}]
      enabled: [{name: NodeAffinity, weight: 7}]
`;
  const plugins = profilesOf(decodeSchedulerConfig(text))[0]?.plugins ?? [];
  assert.equal(
    plugins.some(({ plugin }) => plugin.name === 'ImageLocality'),
    false,
  );
  assert.equal(plugins.find(({ plugin }) => plugin.name === 'NodeAffinity')?.weight, 7);
});

test('says what is wrong', () => {
  assert.throws(() => decodeSchedulerConfig(`${header}profile: []\n`), /unknown field "profile"/);
  const unknown = `${header}profiles: [{plugins: {filter: {enabled: [{name: Nope}]}}}]\n`;
  assert.throws(() => profilesOf(decodeSchedulerConfig(unknown)), /plugin "Nope" does not exist/);
  assert.deepEqual(validateSchedulerConfig({ profiles: [{}, {}], percentageOfNodesToScore: 101 }), [
    'profiles[1].schedulerName: Duplicate value: "default-scheduler"',
    'percentageOfNodesToScore: Invalid value: 101: not in valid range [0-100]',
  ]);
});
