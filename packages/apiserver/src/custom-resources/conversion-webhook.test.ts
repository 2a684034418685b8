import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { CustomResourceDefinition } from '@typernetes/api/apiextensions/v1';
import { messageOf } from '@typernetes/base';
import { FakeClock } from '@typernetes/base/testing';
import type { ApiObject, StatusError } from '@typernetes/machinery';
import { createMetrics } from '@typernetes/process';
import { conversionMetrics } from '../observers/conversion-metrics.ts';
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
    const head = { apiVersion: 'apiextensions.k8s.io/v1', kind: 'ConversionReview' };
    return { ...head, response: { uid: request.uid, result, convertedObjects } };
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

/** Wrong responses of a hook, and upstream's errors. */
const wrong: Readonly<Record<string, { post(client: unknown, body: unknown): Promise<object>; says: string }>> = {
  refuses: { ...hook((one) => one, { status: 'Failure', message: 'no' }), says: 'failed: no' },
  'refuses without a word': {
    ...hook((one) => one, {}),
    says: "failed: response.result.status was '', not 'Success'",
  },
  'another name': {
    ...hook((one) => ({ ...one, metadata: { ...one.metadata, name: 'b' } })),
    says: 'returned invalid object: must have the same name: a != b',
  },
  'another object': {
    ...hook((one) => ({ ...one, metadata: { ...one.metadata, uid: 'v' } })),
    says: 'returned invalid object: must have the same UID: u != v',
  },
  'another kind': {
    ...hook((one) => ({ ...one, kind: 'B' })),
    says: 'returned invalid object at index 0: invalid kind (expected A, received B)',
  },
  'another version': {
    ...hook((one) => ({ ...one, apiVersion: 'example.com/v3' })),
    says: 'returned invalid object at index 0: invalid groupVersion (expected example.com/v2, received example.com/v3)',
  },
  'labels that are no texts': {
    ...hook((one) => ({ ...one, metadata: { ...one.metadata, labels: { a: 1 } } })),
    says: 'returned invalid metadata: metadata.labels[a] must be a string, but is int64 in converted object',
  },
  'annotations that are none': {
    ...hook((one) => ({ ...one, metadata: { ...one.metadata, annotations: 'a' } })),
    says: 'returned invalid metadata: invalid metadata.annotations of type string in converted object',
  },
  'bad annotations': {
    ...hook((one) => ({ ...one, metadata: { ...one.metadata, annotations: { '/': 'a' } } })),
    says: 'returned invalid metadata: [metadata.annotation: Invalid value: "/": prefix part must be non-empty',
  },
  'another review': {
    post: async (): Promise<object> => ({ apiVersion: 'admission.k8s.io/v1', kind: 'AdmissionReview' }),
    says: 'failed: expected webhook response of apiextensions.k8s.io/v1, Kind=ConversionReview, got admission.k8s.io/v1, Kind=AdmissionReview',
  },
  'no response': {
    post: async (): Promise<object> => ({ apiVersion: 'apiextensions.k8s.io/v1', kind: 'ConversionReview' }),
    says: 'failed: no response provided',
  },
};

test("refuses forbidden changes in upstream's words", async () => {
  for (const [name, { post, says }] of Object.entries(wrong)) {
    const converted = convertByWebhook(definition, { post })?.([object], 'example.com/v2') ?? assert.fail();
    await assert.rejects(converted, (error: StatusError) => {
      const { message, reason, code } = error.toStatus();
      assert.ok(message?.startsWith(`conversion webhook for example.com/v1, Kind=A ${says}`), `${name}: ${message}`);
      assert.deepEqual([reason, code], [undefined, 500], 'as upstream’s errors that are no statuses');
      return true;
    });
  }
});

test('counts each call of a webhook by its result', async () => {
  const metrics = createMetrics();
  const observer = { clock: new FakeClock(), converted: conversionMetrics(metrics) };
  const post = (change: Parameters<typeof hook>[0], result?: object): Promise<unknown> =>
    (convertByWebhook(definition, hook(change, result), observer)?.([object], 'example.com/v2') ?? assert.fail()).catch(
      messageOf,
    );
  await post((one) => one);
  await post((one) => ({ ...one, kind: 'B' }));
  await post((one) => one, {});
  const text = metrics.render();
  for (const [result, failure] of [
    ['success', ''],
    ['failure', 'conversion_webhook_invalid_converted_object_failure'],
    ['failure', 'conversion_webhook_malformed_response_failure'],
  ])
    assert.ok(
      text.includes(`apiserver_conversion_webhook_request_total{failure_type="${failure}",result="${result}"} 1\n`),
      text,
    );
  const labels = 'crd_name="as.example.com",from_version="v1",succeeded="false",to_version="v2"';
  assert.ok(text.includes(`apiserver_crd_conversion_webhook_duration_seconds_count{${labels}} 2\n`));
});

const reviewedIn = (versions: readonly string[]): CustomResourceDefinition =>
  ({
    ...definition,
    spec: {
      ...definition.spec,
      conversion: { strategy: 'Webhook', webhook: { clientConfig: {}, conversionReviewVersions: versions } },
    },
  }) as unknown as CustomResourceDefinition;

test('v1beta1 reviews are accepted without kind and uid; without a common version nothing is converted', async () => {
  const asked: string[] = [];
  const post = async (_client: unknown, body: unknown) => {
    asked.push((body as { apiVersion: string }).apiVersion);
    return {
      response: { result: { status: 'Success' }, convertedObjects: [{ ...object, apiVersion: 'example.com/v2' }] },
    };
  };
  const old = convertByWebhook(reviewedIn(['v7', 'v1beta1', 'v1']), { post });
  assert.equal((await old?.([object], 'example.com/v2'))?.[0]?.apiVersion, 'example.com/v2');
  assert.deepEqual(asked, ['apiextensions.k8s.io/v1beta1']);
  await assert.rejects(convertByWebhook(reviewedIn(['v7']), { post })?.([object], 'example.com/v2') ?? assert.fail(), {
    message: 'no supported conversion review versions',
  });
});

test('without a webhook there is no call', () => {
  assert.equal(
    convertByWebhook(
      { ...definition, spec: { ...definition.spec, conversion: { strategy: 'None' } } },
      hook((one) => one),
    ),
    undefined,
  );
});
