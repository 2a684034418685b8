import assert from 'node:assert/strict';
import { test } from 'node:test';
import { configmaps, pods } from '@typernetes/api/core/v1';
import { FakeClock } from '@typernetes/base/testing';
import { createMetrics } from '@typernetes/process';
import { admissionMetrics } from '../admission/admission-metrics.ts';
import type { AdmissionPlugin } from '../admission/admission-plugin.ts';
import { reinvocationOf } from '../admission/reinvocation.ts';
import { admissionRequest } from '../testing/admission-request.ts';
import { admit, observeAdmission, validateAdmission } from './admit.ts';

const [podWrite, mapWrite] = [admissionRequest(pods, {}), admissionRequest(configmaps, {})];

function recorder() {
  const asked: string[] = [];
  const plugin = (name: string, more: Partial<AdmissionPlugin> = {}): AdmissionPlugin => ({
    name,
    admit: () => void asked.push(`${name} admits`),
    validate: () => void asked.push(`${name} validates`),
    ...more,
  });
  return { asked, plugin };
}

test('plugins are asked once per kind of write whether it concerns them', () => {
  const { asked, plugin } = recorder();
  const concerns: AdmissionPlugin['concerns'] = ({ resource, operation, subresource }) => {
    asked.push(`${operation} ${resource.plural} ${subresource}`);
    return resource === pods;
  };
  const plugins = [plugin('ours', { concerns })];
  for (const request of [podWrite, mapWrite, podWrite, mapWrite]) {
    assert.equal(admit(plugins, request), undefined);
    assert.equal(validateAdmission(plugins, request), undefined);
  }
  const status = admissionRequest(pods, { operation: 'UPDATE', subresource: 'status' });
  assert.equal(admit(plugins, status), undefined);
  assert.deepEqual(asked, [
    'CREATE pods ',
    'ours admits',
    'ours validates',
    'CREATE configmaps ',
    'ours admits',
    'ours validates',
    'UPDATE pods status',
    'ours admits',
  ]);
});

test('asks plugins that are added later too, and plugins may skip single writes', () => {
  const { asked, plugin } = recorder();
  const plugins = [plugin('first', { handles: ({ name }) => name !== 'exempt' })];
  void admit(plugins, podWrite);
  plugins.push(plugin('second'));
  void admit(plugins, admissionRequest(pods, { name: 'exempt' }));
  assert.deepEqual(asked, ['first admits', 'second admits']);
});

test('plugins behind an asynchronous one wait for it, and all are called again when the object was changed from outside', async () => {
  const { asked, plugin } = recorder();
  const waits = plugin('slow', {
    admit: async (request) => {
      await new Promise((resolve) => setImmediate(resolve));
      asked.push('slow admits');
      reinvocationOf(request).wanted = true;
    },
    validate: async () => {
      await new Promise((resolve) => setImmediate(resolve));
      throw new Error('refused');
    },
  });
  const plugins = [plugin('first'), waits, plugin('last')];
  const request = admissionRequest(pods, {});
  await admit(plugins, request);
  const round = ['first admits', 'slow admits', 'last admits'];
  assert.deepEqual(asked, [...round, ...round]);
  await assert.rejects(async () => await validateAdmission(plugins, request), /refused/);
  assert.equal(asked.at(-1), 'first validates');
});

test('counts each call, with the measured duration of those that wait or refuse', async () => {
  const clock = new FakeClock();
  const metrics = createMetrics();
  const plugins: AdmissionPlugin[] = [
    { name: 'quick', admit: () => undefined },
    {
      name: 'Slow',
      concerns: ({ resource }) => resource === configmaps,
      admit: async () => {
        await Promise.resolve();
        void clock.advance(300);
      },
      validate: () => {
        throw new Error('no');
      },
    },
  ];
  observeAdmission(plugins, admissionMetrics(metrics, clock));
  for (let i = 0; i < 20; i++) assert.equal(admit(plugins, podWrite), undefined);
  await admit(plugins, mapWrite);
  assert.throws(() => validateAdmission(plugins, mapWrite));
  const lines = metrics.render().split('\n');
  const [one, whole] = ['controller', 'step'].map((what) => `apiserver_admission_${what}_admission_duration_seconds`);
  const labels = (type: string, rejected = false) => `operation="CREATE",rejected="${rejected}",type="${type}"`;
  for (const line of [
    `${one}_count{name="quick",${labels('admit')}} 21`,
    `${one}_sum{name="Slow",${labels('admit')}} 0.3`,
    `${one}_bucket{name="Slow",${labels('admit')},le="0.1"} 0`,
    `${one}_count{name="Slow",${labels('validate', true)}} 1`,
    `${whole}_count{${labels('admit')}} 21`,
    `${whole}_sum{${labels('admit')}} 0.3`,
    `${whole}_count{${labels('validate', true)}} 1`,
  ])
    assert.ok(lines.includes(line), line);
});
