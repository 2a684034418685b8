import assert from 'node:assert/strict';
import { test } from 'node:test';
import { namespaces, serviceaccounts } from '@typernetes/api/core/v1';
import { runController } from '../testing/index.ts';
import { serviceAccountController } from './register.ts';

test('every namespace has a default account, also after it was deleted', () =>
  runController(serviceAccountController, async ({ api, settle }) => {
    await api.resource(namespaces).create({ metadata: { name: 'shop' }, spec: {} });
    await settle();
    const ref = { namespace: 'shop', name: 'default' };
    const first = await api.resource(serviceaccounts).get(ref);
    await api.resource(serviceaccounts).delete(ref);
    await settle();
    assert.notEqual((await api.resource(serviceaccounts).get(ref)).metadata.uid, first.metadata.uid);
  }));
