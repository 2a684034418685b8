import { randomUUID } from 'node:crypto';
import type { CustomResourceDefinition } from '@typernetes/api/apiextensions/v1';
import { type Clock, messageOf } from '@typernetes/base';
import { type ApiObject, isJsonObject, StatusError } from '@typernetes/machinery';
import type { WebhookCaller } from '../admission/webhook/caller.ts';
import type { Conversion, ConversionFailure } from '../observers/conversion-metrics.ts';
import type { Convert } from '../registry/custom-versions.ts';
import { keptMetadata } from './converted-metadata.ts';

const timeoutMs = 30_000;
const group = 'apiextensions.k8s.io';

type Failed = (why: string, failure: ConversionFailure) => StatusError;

/** Counts the calls, and measures them by a clock. */
interface ConversionObserver {
  readonly clock: Pick<Clock, 'monotonic'>;
  readonly converted: (conversion: Conversion) => void;
}

/**
 * Converts by calling the definition's webhook; undefined if all versions have the same fields. Messages are
 * upstream's.
 */
export function convertByWebhook(
  { metadata, spec }: CustomResourceDefinition,
  caller: Pick<WebhookCaller, 'post'>,
  observer?: ConversionObserver,
): Convert | undefined {
  const { conversion } = spec;
  const config = conversion?.webhook?.clientConfig;
  if (conversion?.strategy !== 'Webhook' || !config) return undefined;
  const reviewVersion = conversion.webhook?.conversionReviewVersions.find((one) => one === 'v1' || one === 'v1beta1');
  return async (objects, apiVersion) => {
    if (reviewVersion === undefined) throw plain('no supported conversion review versions');
    const [first] = objects;
    const startedAt = observer?.clock.monotonic() ?? 0;
    let failure: ConversionFailure = '';
    const failed: Failed = (why, because) => {
      failure = because;
      return plain(`conversion webhook for ${first?.apiVersion}, Kind=${spec.names.kind} ${why}`);
    };
    const uid = randomUUID();
    const review = {
      kind: 'ConversionReview',
      apiVersion: `${group}/${reviewVersion}`,
      request: { uid, desiredAPIVersion: apiVersion, objects },
    };
    try {
      const answer = await caller
        .post(config, review, {
          timeoutMs,
          signal: new AbortController().signal,
          span: () => ({
            name: 'Call conversion webhook',
            attributes: {
              'custom-resource-definition': metadata.name,
              'desired-api-version': apiVersion,
              'object-count': objects.length,
              UID: uid,
            },
          }),
        })
        .catch((error: unknown) => {
          throw failed(`failed: ${messageOf(error)}`, 'conversion_webhook_call_failure');
        });
      const converted = convertedIn(answer, { reviewVersion, uid, failed });
      if (converted.length !== objects.length)
        throw failed(
          `returned ${converted.length} objects, expected ${objects.length}`,
          'conversion_webhook_partial_response_failure',
        );
      return objects.map((object, i) => checked(object, converted[i], { apiVersion, failed }));
    } finally {
      const [from, to] = [versionIn(first?.apiVersion), versionIn(apiVersion)];
      observer?.converted({
        definition: metadata.name,
        from,
        to,
        failure,
        seconds: (observer.clock.monotonic() - startedAt) / 1000,
      });
    }
  };
}

const versionIn = (apiVersion = ''): string => apiVersion.slice(apiVersion.indexOf('/') + 1);

/** As upstream's converter: an error without a reason. */
const plain = (message: string): StatusError => new StatusError('Unknown', message);

interface Expected {
  readonly reviewVersion: string;
  readonly uid: string;
  readonly failed: Failed;
}

/** The result in a review's response. As upstream, its uid is only checked in v1. */
function convertedIn(answer: unknown, { reviewVersion, uid, failed: fail }: Expected): readonly unknown[] {
  const failed = (why: string): StatusError => fail(`failed: ${why}`, 'conversion_webhook_malformed_response_failure');
  const { apiVersion = '', kind = '', response } = (isJsonObject(answer) ? answer : {}) as Record<string, unknown>;
  const isReview = kind === 'ConversionReview' && `${apiVersion}`.startsWith(`${group}/`);
  if (reviewVersion === 'v1' && !(isReview && apiVersion === `${group}/v1`))
    throw failed(`expected webhook response of ${group}/v1, Kind=ConversionReview, got ${apiVersion}, Kind=${kind}`);
  if (!isJsonObject(response)) throw failed('no response provided');
  if (reviewVersion === 'v1' && response.uid !== uid)
    throw failed(`expected response.uid=${JSON.stringify(uid)}, got ${JSON.stringify(response.uid ?? '')}`);
  const { status = '', message = '' } = (isJsonObject(response.result) ? response.result : {}) as Record<
    string,
    string
  >;
  if (status !== 'Success') throw failed(`${message || `response.result.status was '${status}', not 'Success'`}`);
  return Array.isArray(response.convertedObjects) ? response.convertedObjects : [];
}

/** The object that a hook returned: checked to have the requested version, and to be the same object otherwise. */
function checked(
  before: ApiObject,
  after: unknown,
  { apiVersion, failed: fail }: { readonly apiVersion: string; readonly failed: Failed },
): ApiObject {
  const failed = (why: string): StatusError =>
    fail(`returned invalid ${why}`, 'conversion_webhook_invalid_converted_object_failure');
  const object = (isJsonObject(after) ? after : {}) as unknown as ApiObject;
  const odd = 'object at index 0: invalid';
  if (object.apiVersion !== apiVersion)
    throw failed(`${odd} groupVersion (expected ${apiVersion}, received ${object.apiVersion ?? ''})`);
  if (object.kind !== before.kind) throw failed(`${odd} kind (expected ${before.kind}, received ${object.kind ?? ''})`);
  const metadata: Partial<ApiObject['metadata']> = isJsonObject(object.metadata) ? object.metadata : {};
  const names = { name: 'name', namespace: 'namespace', uid: 'UID' } as const;
  for (const [field, title] of Object.entries(names) as [keyof typeof names, string][]) {
    const [was = '', is = ''] = [before.metadata[field], metadata[field]];
    if (was !== is) throw failed(`object: must have the same ${title}: ${was} != ${is}`);
  }
  const kept = keptMetadata(before.metadata, object.metadata as unknown);
  if (typeof kept === 'string') throw failed(`metadata: ${kept}`);
  return { ...object, metadata: kept };
}
