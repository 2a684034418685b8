import assert from 'node:assert/strict';
import { test } from 'node:test';
import { configmaps, pods } from '@typernetes/api/core/v1';
import type { AdmissionPlugin } from '../admission/admission-plugin.ts';
import { reinvocationOf } from '../admission/reinvocation.ts';
import { admissionRequest } from '../testing/admission-request.ts';
import { admit, validateAdmission } from './admit.ts';

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

test('plugins are asked once for each kind of write whether it concerns them', () => {
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

test('a plugin that comes later is asked too, and each write may be let pass', () => {
  const { asked, plugin } = recorder();
  const plugins = [plugin('first', { handles: ({ name }) => name !== 'exempt' })];
  void admit(plugins, podWrite);
  plugins.push(plugin('second'));
  void admit(plugins, admissionRequest(pods, { name: 'exempt' }));
  assert.deepEqual(asked, ['first admits', 'second admits']);
});

test('those behind a plugin that waits come after it, and all of them again when an object was changed from outside', async () => {
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
