import assert from 'node:assert/strict';
import { test } from 'node:test';
import { validatingadmissionpolicies } from '@typernetes/api/admissionregistration/v1';
import { FakeClock, silentLogger } from '@typernetes/base/testing';
import { sharedInformers } from '@typernetes/client';
import { FakeApi } from '@typernetes/client/testing';
import { policyStatusWriter } from './policy-status.ts';

test('writes the results of type checking, even if that fails at first', async () => {
  const clock = new FakeClock();
  const api = new FakeApi({ clock });
  const informers = sharedInformers({ client: api, clock, log: silentLogger, random: { next: () => 0 } });
  const policies = informers.for(validatingadmissionpolicies);
  const writer = policyStatusWriter({ policies, served: () => [], client: api, clock, log: silentLogger });
  const stop = new AbortController();
  const running = Promise.all([informers.run(stop.signal), writer.run(stop.signal)]);
  api.fail('update validatingadmissionpolicies.admissionregistration.k8s.io/status', new Error('read ECONNRESET'), 3);
  await api.resource(validatingadmissionpolicies).create({
    metadata: { name: 'p' },
    spec: { validations: [{ expression: 'true' }] },
  } as never);
  for (let i = 0; i < 20; i++) await clock.advance(10);
  const { status } = await api.resource(validatingadmissionpolicies).get({ name: 'p' });
  assert.equal(status?.observedGeneration, 1);
  stop.abort();
  await running;
});
