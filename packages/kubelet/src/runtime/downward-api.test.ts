import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Container, EnvVar } from '@typernetes/api/core/v1';
import { podOf } from '../testing/pod-machine.ts';
import { environmentOf } from './environment.ts';
import { fieldValue } from './field-ref.ts';
import type { PodFacts } from './pod-facts.ts';

const facts: PodFacts = {
  nodeName: 'node-1',
  hostIps: ['10.0.0.1', 'fd00::1'],
  podIps: ['10.1.0.5', 'fd01::5'],
  allocatable: { cpu: '4', memory: '8Gi', 'ephemeral-storage': '20Gi' },
};

const plain = podOf('web', { serviceAccountName: 'robot' }, 'uid-1');
const pod = {
  ...plain,
  metadata: {
    ...plain.metadata,
    namespace: 'shop',
    labels: { zone: 'us', app: 'say "hi"' },
    annotations: { build: 'two', note: 'a\nb' },
  },
};

const fields: Readonly<Record<string, string>> = {
  'metadata.name': 'web',
  'metadata.namespace': 'shop',
  'metadata.uid': 'uid-1',
  "metadata.labels['zone']": 'us',
  "metadata.annotations['build']": 'two',
  "metadata.labels['none']": '',
  'spec.nodeName': 'node-1',
  'spec.serviceAccountName': 'robot',
  'status.hostIP': '10.0.0.1',
  'status.hostIPs': '10.0.0.1,fd00::1',
  'status.podIP': '10.1.0.5',
  'status.podIPs': '10.1.0.5,fd01::5',
};

test('supports every field, including all labels and annotations', () => {
  for (const [path, value] of Object.entries(fields)) assert.equal(fieldValue(pod, path, facts), value, path);
  assert.equal(fieldValue(pod, 'metadata.labels', facts), 'app="say \\"hi\\""\nzone="us"');
  assert.equal(fieldValue(pod, 'metadata.annotations', facts), 'build="two"\nnote="a\\nb"');
  assert.throws(() => fieldValue(pod, 'spec.hostname', facts), { message: 'unsupported fieldPath: spec.hostname' });
});

test('environment variables have fields, requests and limits, in the unit that is asked for', async () => {
  const resources: [string, string | undefined, string][] = [
    ['limits.cpu', undefined, '2'],
    ['limits.cpu', '1m', '1500'],
    ['requests.cpu', '1m', '250'],
    ['limits.memory', undefined, '67108864'],
    ['limits.memory', '1Mi', '64'],
    ['requests.memory', '1Mi', '32'],
    ['limits.ephemeral-storage', '1Gi', '20'],
    ['requests.ephemeral-storage', undefined, '0'],
  ];
  const env: EnvVar[] = [
    ...Object.keys(fields).map((fieldPath, at) => ({ name: `F${at}`, valueFrom: { fieldRef: { fieldPath } } })),
    ...resources.map(([resource, divisor], at) => ({
      name: `R${at}`,
      valueFrom: { resourceFieldRef: { resource, ...(divisor ? { divisor } : {}) } },
    })),
  ];
  const container: Container = {
    name: 'web',
    env,
    resources: { limits: { cpu: '1500m', memory: '64Mi' }, requests: { cpu: '250m', memory: '32Mi' } },
  };
  const nothing = async () => undefined;
  const values = await environmentOf({ ...pod, spec: { ...pod.spec, containers: [container] } }, container, {
    configMap: nothing,
    secret: nothing,
    services: () => [],
    facts,
  });
  assert.deepEqual(
    Object.values(fields).map((_, at) => values.get(`F${at}`)),
    Object.values(fields),
  );
  assert.deepEqual(
    resources.map((_, at) => values.get(`R${at}`)),
    resources.map(([, , value]) => value),
  );
});
