import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { CustomResourceDefinition } from '@typernetes/api/apiextensions/v1';
import type { ApiObject } from '@typernetes/machinery';
import { convertByWebhook } from './conversion-webhook.ts';

const definition = {
  metadata: { name: 'as.example.com' },
  spec: {
    names: { plural: 'as', kind: 'A' },
    conversion: {
      strategy: 'Webhook',
      webhook: { clientConfig: { url: 'https://hook' }, conversionReviewVersions: ['v1'] },
    },
  },
} as unknown as CustomResourceDefinition;

const object = { apiVersion: 'example.com/v1', kind: 'A', metadata: { name: 'a', uid: 'u' } } as ApiObject;

interface Review {
  readonly request: {
    readonly uid: string;
    readonly objects: readonly ApiObject[];
    readonly desiredAPIVersion: string;
  };
}

/** A hook that sets the version and whatever else a test wants. */
const hook = (change: (converted: ApiObject) => object, result: object = { status: 'Success' }) => ({
  post: async (_client: unknown, body: unknown) => {
    const { request } = body as Review;
    const convertedObjects = request.objects.map((one) => change({ ...one, apiVersion: request.desiredAPIVersion }));
    return { response: { uid: request.uid, result, convertedObjects } };
  },
});

test('a webhook converts content, labels and annotations', async () => {
  const convert = convertByWebhook(
    definition,
    hook((one) => ({ ...one, spec: 1, metadata: { ...one.metadata, labels: { l: 'x' } } })),
  );
  assert.deepEqual(await convert?.([object], 'example.com/v2'), [
    { apiVersion: 'example.com/v2', kind: 'A', metadata: { name: 'a', uid: 'u', labels: { l: 'x' } }, spec: 1 },
  ]);
});

test('what it may not do is refused', async () => {
  const failure = (change: (one: ApiObject) => object, result?: object) =>
    convertByWebhook(definition, hook(change, result))?.([object], 'example.com/v2');
  const head = 'conversion webhook for example.com/v1, Kind=A failed: ';
  await assert.rejects(failure((one) => one, { status: 'Failed', message: 'no' }) ?? assert.fail(), {
    message: `${head}no`,
  });
  await assert.rejects(failure((one) => ({ ...one, metadata: { ...one.metadata, name: 'b' } })) ?? assert.fail(), {
    message: `${head}invalid converted object: must have the same name: "a", got "b"`,
  });
});

test('without a webhook nothing is asked', () => {
  assert.equal(
    convertByWebhook(
      { ...definition, spec: { ...definition.spec, conversion: { strategy: 'None' } } },
      hook((one) => one),
    ),
    undefined,
  );
});
