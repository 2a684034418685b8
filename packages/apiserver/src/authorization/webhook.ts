import type {
  FieldSelectorAttributes,
  LabelSelectorAttributes,
  SubjectAccessReviewSpec,
  SubjectAccessReviewStatus,
} from '@typernetes/api/authorization/v1';
import { type Clock, type Logger, messageOf } from '@typernetes/base';
import { isJsonObject } from '@typernetes/machinery';
import type { AuthorizationWebhookObserver, EvaluationResult } from '../observers/authorization-webhook-metrics.ts';
import { ExpiringCache } from '../webhook/expiring-cache.ts';
import type { KubeconfigWebhook } from '../webhook/kubeconfig-webhook.ts';
import type { AccessAttributes, AccessDecision, Authorizer } from './authorizer.ts';

interface WebhookAuthorizerOptions {
  readonly name: string;
  readonly webhook: Pick<KubeconfigWebhook, 'post'>;
  /** `v1` or `v1beta1`. */
  readonly version: string;
  /** How long answers are cached; 0: not at all. */
  readonly authorizedTtlMs: number;
  readonly unauthorizedTtlMs: number;
  /** The decision when the webhook does not answer. */
  readonly onFailure: 'no-opinion' | 'deny';
  /** Whether the webhook is called for an access at all; a throw counts as a failure. */
  readonly isAsked?: (spec: SubjectAccessReviewSpec) => boolean;
  readonly clock: Clock;
  readonly log: Logger;
  readonly observer?: AuthorizationWebhookObserver | undefined;
}

/** Answers about longer questions are not remembered. */
const longestKey = 10_000;

/** Posts a SubjectAccessReview for each access that it has no fresh answer to. */
export function webhookAuthorizer(options: WebhookAuthorizerOptions): Authorizer {
  const { name, webhook, version, log, clock, observer } = options;
  const answers = new ExpiringCache<SubjectAccessReviewStatus>(clock);
  const ask = async (spec: SubjectAccessReviewSpec): Promise<SubjectAccessReviewStatus> => {
    const key = JSON.stringify(spec);
    const known = answers.get(key);
    if (known) return known;
    // The older version has another name for the groups.
    const { groups, ...rest } = spec;
    const sent = version === 'v1' ? spec : { ...rest, group: groups };
    const since = clock.monotonic();
    const ended = (result: EvaluationResult): void => {
      observer?.evaluated(result, (clock.monotonic() - since) / 1000);
      if (result !== 'success' && options.onFailure === 'no-opinion') observer?.failedOpen(result);
    };
    const review = {
      kind: 'SubjectAccessReview',
      apiVersion: `authorization.k8s.io/${version}`,
      metadata: {},
      spec: sent,
      status: { allowed: false },
    };
    const answer = await webhook.post(review).catch((error: unknown) => {
      ended(resultOf(error));
      throw error;
    });
    if (!isJsonObject(answer) || !isJsonObject(answer.status)) {
      ended('error');
      throw new Error('the webhook answered without a status');
    }
    ended('success');
    const status = answer.status as unknown as SubjectAccessReviewStatus;
    const ttl = status.allowed ? options.authorizedTtlMs : options.unauthorizedTtlMs;
    if (key.length <= longestKey) answers.set(key, status, ttl);
    return status;
  };
  const isAsked = (spec: SubjectAccessReviewSpec): boolean => {
    if (!options.isAsked) return true;
    const since = clock.monotonic();
    const matched = (outcome: 'asked' | 'excluded' | 'error'): void =>
      observer?.matched(outcome, (clock.monotonic() - since) / 1000);
    try {
      const asked = options.isAsked(spec);
      matched(asked ? 'asked' : 'excluded');
      return asked;
    } catch (error) {
      matched('error');
      throw error;
    }
  };
  const failed = (error: unknown): AccessDecision => {
    log.error('Cannot ask the authorization webhook', error, { webhook: name });
    return { verdict: options.onFailure, reason: messageOf(error) };
  };
  return {
    name,
    authorize: async (access) => {
      const spec = reviewSpecOf(access);
      try {
        if (!isAsked(spec)) return { verdict: 'no-opinion', reason: '' };
        const { allowed, denied, reason = '' } = await ask(spec);
        if (allowed && denied) throw new Error('webhook subject access review returned both allow and deny response');
        return { verdict: denied ? 'deny' : allowed ? 'allow' : 'no-opinion', reason };
      } catch (error) {
        return failed(error);
      }
    },
  };
}

const resultOf = (error: unknown): EvaluationResult =>
  messageOf(error).includes('context deadline exceeded') ? 'timeout' : 'error';

export function reviewSpecOf(access: AccessAttributes): SubjectAccessReviewSpec {
  const { user, verb } = access;
  const sender = {
    user: user.username,
    ...(user.groups.length > 0 ? { groups: [...user.groups] } : {}),
    ...(user.extra ? { extra: mutable(user.extra) } : {}),
    ...(user.uid ? { uid: user.uid } : {}),
  };
  if (!access.isResourceRequest) return { ...sender, nonResourceAttributes: { path: access.path, verb } };
  const { namespace, apiGroup: group, apiVersion: version, resource, subresource, name } = access;
  const given = { namespace, verb, group, version, resource, subresource, name };
  const fieldSelector = fieldRequirements(access.fieldSelector);
  const labelSelector = labelRequirements(access.labelSelector);
  return {
    ...sender,
    resourceAttributes: {
      ...Object.fromEntries(Object.entries(given).filter(([, value]) => value !== '')),
      ...(fieldSelector ? { fieldSelector } : {}),
      ...(labelSelector ? { labelSelector } : {}),
    },
  };
}

function mutable(extra: Readonly<Record<string, readonly string[]>>): Record<string, string[]> {
  return Object.fromEntries(Object.entries(extra).map(([key, values]) => [key, [...values]]));
}

/** Parses `a=b,c!=d` into requirements; an unreadable selector narrows nothing, so none are sent. */
function fieldRequirements(selector: string | undefined): FieldSelectorAttributes | undefined {
  if (!selector) return undefined;
  const requirements = selector.split(',').flatMap((part) => {
    const [, key, operator, value = ''] = /^([^=!]+)(!=|==?)(.*)$/.exec(part.trim()) ?? [];
    return key === undefined ? [] : [{ key, operator: operator === '!=' ? 'NotIn' : 'In', values: [value] }];
  });
  return requirements.length > 0 ? { requirements } : undefined;
}

function labelRequirements(selector: string | undefined): LabelSelectorAttributes | undefined {
  if (!selector) return undefined;
  // Commas inside of parentheses belong to a set.
  const requirements = selector.split(/,(?![^(]*\))/).flatMap((part) => {
    const text = part.trim();
    const [, key, operator, list = ''] = /^(\S+?)\s+(in|notin)\s+\(([^)]*)\)$/.exec(text) ?? [];
    if (key !== undefined)
      return [
        { key, operator: operator === 'in' ? 'In' : 'NotIn', values: list.split(',').map((value) => value.trim()) },
      ];
    const [, name, sign, value = ''] = /^([^=!\s]+)\s*(!=|==?)\s*(.*)$/.exec(text) ?? [];
    if (name !== undefined) return [{ key: name, operator: sign === '!=' ? 'NotIn' : 'In', values: [value] }];
    const [, not, exists] = /^(!?)([^=!\s()]+)$/.exec(text) ?? [];
    return exists === undefined ? [] : [{ key: exists, operator: not === '!' ? 'DoesNotExist' : 'Exists' }];
  });
  return requirements.length > 0 ? { requirements } : undefined;
}
