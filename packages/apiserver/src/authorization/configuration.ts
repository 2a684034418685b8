import type { AuthorizationConfiguration, WebhookConfiguration } from '@typernetes/api/apiserver.config/v1';
import type { SubjectAccessReviewSpec } from '@typernetes/api/authorization/v1';
import { aggregateText } from '@typernetes/base';
import { boolType, costLimits } from '@typernetes/cel';
import { type ConfigKind, decodeConfigs, parseDuration } from '@typernetes/process';
import { compileProblem } from '../expressions/compile-problem.ts';
import { compile } from '../expressions/compile-times.ts';
import type { AuthorizerChoice, WebhookChoice } from './authorizer-choice.ts';
import { reviewEnvironment, reviewVariable } from './review-variables.ts';

const webhookFields: ConfigKind['fields'] = {
  authorizedTTL: 'duration',
  cacheAuthorizedRequests: 'boolean',
  unauthorizedTTL: 'duration',
  cacheUnauthorizedRequests: 'boolean',
  timeout: 'duration',
  subjectAccessReviewVersion: 'string',
  matchConditionSubjectAccessReviewVersion: 'string',
  failurePolicy: 'string',
  connectionInfo: { fields: { type: 'string', kubeConfigFile: 'string' } },
  matchConditions: { list: { fields: { expression: 'string' } } },
};

const kinds: readonly ConfigKind[] = ['v1', 'v1beta1', 'v1alpha1'].map((version) => ({
  apiVersion: `apiserver.config.k8s.io/${version}`,
  kind: 'AuthorizationConfiguration',
  fields: { authorizers: { list: { fields: { type: 'string', name: 'string', webhook: { fields: webhookFields } } } } },
}));

const types: readonly string[] = ['ABAC', 'AlwaysAllow', 'AlwaysDeny', 'Node', 'RBAC', 'Webhook'];

/** The authorizers in `--authorization-config`, in order. Throws an error that lists all problems. */
export function decodeAuthorizationConfiguration(text: string): AuthorizerChoice[] {
  const [document] = decodeConfigs(text, kinds);
  const authorizers = (document as unknown as AuthorizationConfiguration | undefined)?.authorizers ?? [];
  const problems: string[] = [];
  if (authorizers.length === 0)
    problems.push('authorizers: Required value: at least one authorization mode must be defined');
  const names = new Set<string>();
  const seen = new Set<string>();
  const choices = authorizers.map(({ type, name, webhook }, i): AuthorizerChoice => {
    const at = `authorizers[${i}]`;
    if (!type) problems.push(`${at}.type: Required value`);
    else if (!types.includes(type))
      problems.push(
        `${at}.type: Unsupported value: ${JSON.stringify(type)}: supported values: ${types.map((one) => JSON.stringify(one)).join(', ')}`,
      );
    else if (type !== 'Webhook' && seen.has(type))
      problems.push(`${at}.type: Duplicate value: ${JSON.stringify(type)}`);
    seen.add(type);
    if (!name) problems.push(`${at}.name: Required value`);
    else if (names.has(name)) problems.push(`${at}.name: Duplicate value: ${JSON.stringify(name)}`);
    names.add(name);
    if (type === 'Webhook' && !webhook) problems.push(`${at}.webhook: Required value: required when type=Webhook`);
    if (type !== 'Webhook' && webhook)
      problems.push(`${at}.webhook: Invalid value: "non-null": may only be specified when type=Webhook`);
    return { type, name, ...(webhook ? { webhook: webhookChoice(webhook, `${at}.webhook`, problems) } : {}) };
  });
  if (problems.length > 0) throw new Error(aggregateText(problems));
  return choices;
}

function webhookChoice(webhook: WebhookConfiguration, at: string, problems: string[]): WebhookChoice {
  const duration = (field: 'authorizedTTL' | 'unauthorizedTTL' | 'timeout', fallback: number): number => {
    const text = webhook[field] as string | undefined;
    const ms = text === undefined ? fallback : parseDuration(text);
    if (ms === undefined || ms <= 0)
      problems.push(`${at}.${field}: Invalid value: ${JSON.stringify(text)}: must be > 0s`);
    return ms ?? fallback;
  };
  const version = webhook.subjectAccessReviewVersion;
  if (!version) problems.push(`${at}.subjectAccessReviewVersion: Required value`);
  else if (!['v1', 'v1beta1'].includes(version))
    problems.push(
      `${at}.subjectAccessReviewVersion: Unsupported value: ${JSON.stringify(version)}: supported values: "v1", "v1beta1"`,
    );
  const policy = webhook.failurePolicy;
  if (!policy) problems.push(`${at}.failurePolicy: Required value`);
  else if (!['NoOpinion', 'Deny'].includes(policy))
    problems.push(
      `${at}.failurePolicy: Unsupported value: ${JSON.stringify(policy)}: supported values: "NoOpinion", "Deny"`,
    );
  const { type, kubeConfigFile } = webhook.connectionInfo ?? {};
  if (type !== 'KubeConfigFile')
    problems.push(
      `${at}.connectionInfo.type: Unsupported value: ${JSON.stringify(type ?? '')}: supported values: "KubeConfigFile"`,
    );
  else if (!kubeConfigFile) problems.push(`${at}.connectionInfo.kubeConfigFile: Required value`);
  const conditions = webhook.matchConditions ?? [];
  if (conditions.length > 0 && webhook.matchConditionSubjectAccessReviewVersion !== 'v1')
    problems.push(
      `${at}.matchConditionSubjectAccessReviewVersion: Required value: required if match conditions are specified`,
    );
  const isAsked = matcherOf(conditions, at, problems);
  const authorized = duration('authorizedTTL', 300_000);
  const unauthorized = duration('unauthorizedTTL', 30_000);
  return {
    kubeconfigFile: kubeConfigFile ?? '',
    version: version ?? 'v1',
    authorizedTtlMs: webhook.cacheAuthorizedRequests === false ? 0 : authorized,
    unauthorizedTtlMs: webhook.cacheUnauthorizedRequests === false ? 0 : unauthorized,
    timeoutMs: duration('timeout', 3000),
    onFailure: policy === 'Deny' ? 'deny' : 'no-opinion',
    ...(isAsked ? { isAsked } : {}),
  };
}

/** All expressions must be true for the webhook to be called. */
function matcherOf(
  conditions: readonly { readonly expression: string }[],
  at: string,
  problems: string[],
): ((spec: SubjectAccessReviewSpec) => boolean) | undefined {
  const programs = conditions.flatMap(({ expression }, i) => {
    try {
      return [compile(expression, reviewEnvironment, { resultTypes: [boolType] })];
    } catch (error) {
      problems.push(
        `${at}.matchConditions[${i}].expression: Invalid value: ${JSON.stringify(expression)}: ${compileProblem(error)}`,
      );
      return [];
    }
  });
  if (programs.length === 0) return undefined;
  return (spec) => {
    const request = reviewVariable(spec);
    let budget: number = costLimits.matchConditions;
    for (const program of programs) {
      const { value, cost } = program.evaluate({ request }, { costLimit: budget });
      budget -= cost;
      if (value !== true) return false;
    }
    return true;
  };
}
