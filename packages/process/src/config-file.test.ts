import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ConfigError, type ConfigKind, decodeConfig, decodeConfigs } from './config-file.ts';

const kind: ConfigKind = {
  apiVersion: 'kubelet.config.k8s.io/v1beta1',
  kind: 'KubeletConfiguration',
  fields: {
    maxPods: 'number',
    syncFrequency: 'duration',
    clusterDNS: { list: 'string' },
    evictionHard: { map: 'string' },
    authentication: { fields: { anonymous: { fields: { enabled: 'boolean' } } } },
  },
};
const head = 'apiVersion: kubelet.config.k8s.io/v1beta1\nkind: KubeletConfiguration\n';

test('reads what fits the shape', () => {
  const text = `${head}maxPods: 10\nsyncFrequency: 1m\nclusterDNS: [10.96.0.10]\nevictionHard: {memory.available: 5%}\nauthentication: {anonymous: {enabled: no}}\n`;
  const config = decodeConfig<{ maxPods: number; authentication: unknown }>(text, kind);
  assert.equal(config.maxPods, 10);
  assert.deepEqual(config.authentication, { anonymous: { enabled: false } });
});

test('names everything that does not fit', () => {
  const cases: [string, string][] = [
    [
      `${head}maxPod: 1\nauthentication: {anonymous: {enable: true}}\n`,
      'strict decoding error: unknown field "maxPod", unknown field "authentication.anonymous.enable"',
    ],
    [`${head}maxPods: ten\n`, 'strict decoding error: maxPods: expected number, got "ten"'],
    [`${head}clusterDNS: [1]\n`, 'strict decoding error: clusterDNS[0]: expected string, got 1'],
    ['kind: KubeletConfiguration\n', "Object 'apiVersion' is missing"],
    ['', "Object 'Kind' is missing"],
    ['apiVersion: v1\nkind: Pod\n', 'no kind "Pod" is registered for version "v1"'],
  ];
  for (const [text, message] of cases) assert.throws(() => decodeConfig(text, kind), new ConfigError(message));
  assert.throws(() => decodeConfigs(`${head}---\napiVersion: v1\nkind: Pod\n`, [kind]), /no kind "Pod"/);
});
