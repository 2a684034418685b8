import assert from 'node:assert/strict';
import { test } from 'node:test';
import { configmaps, type Secret, secrets, serviceaccounts } from '@typernetes/api/core/v1';
import { FakeClock } from '@typernetes/base/testing';
import type { Draft } from '@typernetes/machinery';
import { runController } from '../testing/index.ts';
import { legacyServiceAccountTokenCleaner } from './register.ts';

const dayMs = 24 * 3_600_000;
const start = new FakeClock().now();
const day = (ms: number): string => new Date(start + ms).toISOString().slice(0, 10);

test('marks a token unused for the period, and deletes it after another one', () =>
  runController(
    legacyServiceAccountTokenCleaner,
    async ({ api, clock, settle }) => {
      const tokens = api.resource(secrets);
      const labels = async () => (await tokens.get({ name: 'robot-token', namespace: 'shop' })).metadata.labels;
      assert.equal(await labels(), undefined, 'its use is not known for long enough');
      for (let days = 1; days <= 4; days++) {
        await clock.advance(dayMs);
        await settle();
      }
      assert.deepEqual(await labels(), { 'kubernetes.io/legacy-token-invalid-since': day(4 * dayMs) });
      for (let days = 5; days <= 8; days++) {
        await clock.advance(dayMs);
        await settle();
      }
      assert.deepEqual((await tokens.list()).items, []);
    },
    {
      settings: { legacyTokenCleanUpPeriodMs: 3 * dayMs },
      prepare: async (api) => {
        await api.resource(configmaps).create({
          metadata: { name: 'kube-apiserver-legacy-service-account-token-tracking', namespace: 'kube-system' },
          data: { since: day(0) },
        });
        await api.resource(serviceaccounts).create({
          metadata: { name: 'robot', namespace: 'shop' },
          secrets: [{ name: 'robot-token' }],
        });
        await api.resource(secrets).create({
          metadata: {
            name: 'robot-token',
            namespace: 'shop',
            annotations: { 'kubernetes.io/service-account.name': 'robot' },
          },
          type: 'kubernetes.io/service-account-token',
        } as Draft<Secret>);
      },
    },
  ));
