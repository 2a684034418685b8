import { randomUUID } from 'node:crypto';
import type { ConversionResponse, CustomResourceDefinition } from '@typernetes/api/apiextensions/v1';
import { messageOf } from '@typernetes/base';
import { type ApiObject, isJsonObject, jsonEqual, StatusError } from '@typernetes/machinery';
import type { WebhookCaller } from '../admission/webhook/caller.ts';
import type { Convert } from './conversion.ts';

const timeoutMs = 30_000;
const group = 'apiextensions.k8s.io';

/** Converts by asking the definition's webhook; undefined where all versions have the same fields. */
export function convertByWebhook(
  { spec }: CustomResourceDefinition,
  caller: Pick<WebhookCaller, 'post'>,
): Convert | undefined {
  const { conversion } = spec;
  const config = conversion?.webhook?.clientConfig;
  if (conversion?.strategy !== 'Webhook' || !config) return undefined;
  const reviewVersion =
    conversion.webhook?.conversionReviewVersions.find((one) => one === 'v1' || one === 'v1beta1') ?? 'v1';
  return async (objects, apiVersion) => {
    const [first] = objects;
    const from = `${first?.apiVersion}, Kind=${spec.names.kind}`;
    const failed = (why: string): StatusError =>
      new StatusError('InternalError', `conversion webhook for ${from} failed: ${why}`);
    const uid = randomUUID();
    const review = {
      kind: 'ConversionReview',
      apiVersion: `${group}/${reviewVersion}`,
      request: { uid, desiredAPIVersion: apiVersion, objects },
    };
    let answer: unknown;
    try {
      answer = await caller.post(config, review, { timeoutMs, signal: new AbortController().signal });
    } catch (error) {
      throw failed(messageOf(error));
    }
    const response = isJsonObject(answer) ? (answer.response as ConversionResponse | undefined) : undefined;
    if (!response) throw failed('the answer has no response');
    const { result, convertedObjects = [] } = response;
    if (result?.status !== 'Success') throw failed(result?.message || 'the webhook did not succeed');
    if (response.uid !== uid)
      throw failed(`expected response.uid=${JSON.stringify(uid)}, got ${JSON.stringify(response.uid)}`);
    if (convertedObjects.length !== objects.length) {
      throw failed(`webhook returned ${convertedObjects.length} objects, expected ${objects.length}`);
    }
    return objects.map((object, i) =>
      checked(object, convertedObjects[i] as unknown as ApiObject, { apiVersion, failed }),
    );
  };
}

interface Wanted {
  readonly apiVersion: string;
  readonly failed: (why: string) => StatusError;
}

/** A conversion may change labels and annotations; the rest of the metadata stays what it was. */
function checked(before: ApiObject, after: ApiObject, { apiVersion, failed }: Wanted): ApiObject {
  const at = `invalid converted object`;
  if (after?.apiVersion !== apiVersion)
    throw failed(`${at}: invalid groupVersion (wanted ${apiVersion}, got ${after?.apiVersion})`);
  if (after.kind !== before.kind) throw failed(`${at}: invalid kind (wanted ${before.kind}, got ${after.kind})`);
  const metadata = after.metadata ?? {};
  for (const field of ['name', 'namespace', 'uid'] as const) {
    if (!jsonEqual(before.metadata[field], metadata[field])) {
      const values = `${JSON.stringify(before.metadata[field])}, got ${JSON.stringify(metadata[field])}`;
      throw failed(`${at}: must have the same ${field}: ${values}`);
    }
  }
  const { labels, annotations } = metadata;
  const kept = { ...before.metadata };
  if (labels) kept.labels = labels;
  else delete kept.labels;
  if (annotations) kept.annotations = annotations;
  else delete kept.annotations;
  return { ...after, metadata: kept };
}
