import assert from 'node:assert/strict';
import { test } from 'node:test';
import { configmaps, namespaces } from '@typernetes/api/core/v1';
import { runController } from '../testing/index.ts';
import { rootCaCertificatePublisher } from './register.ts';

test('every namespace has the bundle, and changes by others are undone', () =>
  runController(
    rootCaCertificatePublisher,
    async ({ api, settle }) => {
      await api.resource(namespaces).create({ metadata: { name: 'shop' }, spec: {} });
      await settle();
      const ref = { namespace: 'shop', name: 'kube-root-ca.crt' };
      await api.resource(configmaps).patch(ref, { data: { 'ca.crt': 'forged' } }, { type: 'merge' });
      await settle();
      assert.deepEqual((await api.resource(configmaps).get(ref)).data, { 'ca.crt': 'CA' });
    },
    { settings: { rootCa: 'CA' } },
  ));
