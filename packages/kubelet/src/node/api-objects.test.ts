import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FakeClock } from '@typernetes/base/testing';
import { FakeApi } from '@typernetes/client/testing';
import { ApiObjects } from './api-objects.ts';

test("a missing object is named in the kubelet's own words", async () => {
  const clock = new FakeClock();
  const objects = new ApiObjects(new FakeApi({ clock }), clock);
  const missing = { reason: 'NotFound', code: 404 };
  await assert.rejects(objects.secret('shop', 'user'), { ...missing, message: 'secret "user" not found' });
  await assert.rejects(objects.configMap('shop', 'web'), { ...missing, message: 'configmap "web" not found' });
  await assert.rejects(objects.claim('shop', 'data'), {
    ...missing,
    message: 'persistentvolumeclaims "data" not found',
  });
  assert.equal(await objects.secretText('shop', 'user'), undefined);
});
