import {
  dns1035LabelProblems,
  duplicateValue,
  type FieldProblem,
  invalidValue,
  portProblems,
  qualifiedNameProblems,
  requiredValue,
  subdomainProblems,
  tooMany,
} from '@typernetes/machinery';
import { oneOf, type Problems } from '../meta/field-checks.ts';
import { labelSelectorProblems } from '../meta/labels-validation.ts';
import type {
  MatchCondition,
  MutatingWebhook,
  MutatingWebhookConfiguration,
  RuleWithOperations,
  ServiceReference,
  ValidatingWebhook,
  ValidatingWebhookConfiguration,
  WebhookClientConfig,
} from './v1.gen.ts';

export function validateMutatingWebhookConfiguration({ webhooks }: MutatingWebhookConfiguration): FieldProblem[] {
  return [...webhooksProblems(webhooks), ...reinvocationProblems(webhooks)];
}

export function validateValidatingWebhookConfiguration({ webhooks }: ValidatingWebhookConfiguration): FieldProblem[] {
  return [...webhooksProblems(webhooks)];
}

function* webhooksProblems(webhooks: readonly (ValidatingWebhook | MutatingWebhook)[] = []): Problems {
  const names = new Set<string>();
  for (const [i, webhook] of webhooks.entries()) {
    const at = `webhooks[${i}]`;
    yield* webhookProblems(webhook, at);
    yield* reviewVersionProblems(webhook.admissionReviewVersions, `${at}.admissionReviewVersions`);
    if (webhook.name && names.has(webhook.name)) yield duplicateValue(`${at}.name`, webhook.name);
    names.add(webhook.name);
  }
}

function* reinvocationProblems(webhooks: readonly MutatingWebhook[] = []): Problems {
  for (const [i, { reinvocationPolicy }] of webhooks.entries()) {
    yield* oneOf(reinvocationPolicy, { at: `webhooks[${i}].reinvocationPolicy`, of: ['IfNeeded', 'Never'] });
  }
}

function* webhookProblems(webhook: ValidatingWebhook, at: string): Problems {
  yield* domainProblems(webhook.name, `${at}.name`);
  for (const [i, rule] of (webhook.rules ?? []).entries()) yield* ruleProblems(rule, `${at}.rules[${i}]`);
  yield* oneOf(webhook.failurePolicy, { at: `${at}.failurePolicy`, of: ['Fail', 'Ignore'] });
  yield* oneOf(webhook.matchPolicy, { at: `${at}.matchPolicy`, of: ['Equivalent', 'Exact'] });
  if (!webhook.sideEffects) yield requiredValue(`${at}.sideEffects`, 'must specify one of None, NoneOnDryRun');
  else yield* oneOf(webhook.sideEffects, { at: `${at}.sideEffects`, of: ['None', 'NoneOnDryRun'] });
  const timeout = webhook.timeoutSeconds;
  if (timeout != null && (timeout < 1 || timeout > 30)) {
    yield invalidValue(`${at}.timeoutSeconds`, timeout, 'the timeout value must be between 1 and 30 seconds');
  }
  yield* labelSelectorProblems(webhook.namespaceSelector, `${at}.namespaceSelector`);
  yield* labelSelectorProblems(webhook.objectSelector, `${at}.objectSelector`);
  yield* clientProblems(webhook.clientConfig ?? {}, `${at}.clientConfig`);
  yield* conditionProblems(webhook.matchConditions ?? [], `${at}.matchConditions`);
}

function* domainProblems(name: string, at: string): Problems {
  if (!name) {
    yield requiredValue(at);
    return;
  }
  const wrong = subdomainProblems(name);
  if (wrong.length > 0) yield invalidValue(at, name, wrong.join(','));
  else if (name.split('.').length < 3) {
    yield invalidValue(at, name, 'should be a domain with at least three segments separated by dots');
  }
}

function* reviewVersionProblems(versions: readonly string[] = [], at: string): Problems {
  if (versions.length === 0) {
    yield requiredValue(at, 'must specify one of v1, v1beta1');
    return;
  }
  const seen = new Set<string>();
  for (const [i, version] of versions.entries()) {
    if (seen.has(version)) yield invalidValue(`${at}[${i}]`, version, 'duplicate version');
    else for (const detail of dns1035LabelProblems(version)) yield invalidValue(`${at}[${i}]`, version, detail);
    seen.add(version);
  }
  if (!seen.has('v1') && !seen.has('v1beta1')) {
    yield invalidValue(at, versions, 'must include at least one of v1, v1beta1');
  }
}

const operations = ['*', 'CONNECT', 'CREATE', 'DELETE', 'UPDATE'];

/** Rules for the requests that a webhook or policy matches. */
export function* ruleProblems(rule: RuleWithOperations, at: string): Problems {
  yield* wildcardListProblems(rule.operations, { at: `${at}.operations`, words: 'operations' });
  for (const [i, operation] of (rule.operations ?? []).entries()) {
    yield* oneOf(operation, { at: `${at}.operations[${i}]`, of: operations });
  }
  yield* wildcardListProblems(rule.apiGroups, { at: `${at}.apiGroups`, words: 'API groups' });
  yield* wildcardListProblems(rule.apiVersions, { at: `${at}.apiVersions`, words: 'API versions' });
  for (const [i, version] of (rule.apiVersions ?? []).entries()) {
    if (!version) yield requiredValue(`${at}.apiVersions[${i}]`);
  }
  yield* resourcesProblems(rule.resources ?? [], `${at}.resources`);
  yield* oneOf(rule.scope, { at: `${at}.scope`, of: ['*', 'Cluster', 'Namespaced'] });
}

function* wildcardListProblems(values: readonly string[] = [], { at, words }: { at: string; words: string }): Problems {
  if (values.length === 0) yield requiredValue(at);
  else if (values.length > 1 && values.includes('*')) {
    yield invalidValue(at, values, `if '*' is present, must not specify other ${words}`);
  }
}

function* resourcesProblems(resources: readonly string[], at: string): Problems {
  if (resources.length === 0) yield requiredValue(at);
  const wholeResources = new Set<string>();
  const wholeSubresources = new Set<string>();
  for (const [i, entry] of resources.entries()) {
    if (entry === '') yield requiredValue(`${at}[${i}]`);
    const slash = entry.indexOf('/');
    if (slash < 0) continue;
    const [resource, part] = [entry.slice(0, slash), entry.slice(slash + 1)];
    if (wholeResources.has(resource)) {
      yield invalidValue(`${at}[${i}]`, entry, `if '${resource}/*' is present, must not specify ${entry}`);
    }
    if (wholeSubresources.has(part)) {
      yield invalidValue(`${at}[${i}]`, entry, `if '*/${part}' is present, must not specify ${entry}`);
    }
    if (part === '*') wholeResources.add(resource);
    if (resource === '*') wholeSubresources.add(part);
  }
  if (resources.length > 1 && resources.includes('*/*')) {
    yield invalidValue(at, resources, "if '*/*' is present, must not specify other resources");
  }
  if (resources.includes('*') && resources.some((entry) => entry !== '*' && entry !== '' && !entry.includes('/'))) {
    yield invalidValue(at, resources, "if '*' is present, must not specify other resources without subresources");
  }
}

/** Rules for the client configuration of admission and conversion webhooks. */
export function* clientProblems({ url, service }: WebhookClientConfig, at: string): Problems {
  if ((url == null) === (service == null)) yield requiredValue(at, 'exactly one of url or service is required');
  else if (url != null) yield* urlProblems(url, `${at}.url`);
  else if (service) yield* serviceProblems(service, `${at}.service`);
}

const form = '; desired format: https://host[/path]';

function* urlProblems(text: string, at: string): Problems {
  const parts =
    /^(?:([a-zA-Z][a-zA-Z0-9+.-]*):)?(?:\/\/(?:([^/?#@]*)@)?([^/?#]*))?([^?#]*)(?:\?([^#]*))?(?:#(.*))?$/.exec(text);
  const [, scheme = '', user, host = '', , query = '', fragment = ''] = parts ?? [];
  if (scheme.toLowerCase() !== 'https') {
    yield invalidValue(at, scheme, `'https' is the only allowed URL scheme${form}`);
  }
  if (host === '') yield invalidValue(at, host, `host must be specified${form}`);
  if (user !== undefined) yield invalidValue(at, user, 'user information is not permitted in the URL');
  if (fragment !== '') yield invalidValue(at, fragment, 'fragments are not permitted in the URL');
  if (query !== '') yield invalidValue(at, query, 'query parameters are not permitted in the URL');
}

function* serviceProblems({ name, namespace, path, port = 0 }: ServiceReference, at: string): Problems {
  if (!name) yield requiredValue(`${at}.name`, 'service name is required');
  if (!namespace) yield requiredValue(`${at}.namespace`, 'service namespace is required');
  const wrong = portProblems(port);
  if (wrong.length > 0) yield invalidValue(`${at}.port`, port, `port is not valid: ${wrong.join(', ')}`);
  if (path) yield* pathProblems(path, `${at}.path`);
}

function* pathProblems(path: string, at: string): Problems {
  if (path === '/') return;
  if (path === '//') {
    yield invalidValue(at, path, 'segment[0] may not be empty');
    return;
  }
  if (!path.startsWith('/')) yield invalidValue(at, path, "must start with a '/'");
  for (const [i, segment] of path.slice(1).replace(/\/$/, '').split('/').entries()) {
    if (segment === '') yield invalidValue(at, path, `segment[${i}] may not be empty`);
    else for (const detail of subdomainProblems(segment)) yield invalidValue(at, path, `segment[${i}]: ${detail}`);
  }
}

const maxConditions = 64;

/** Does not compile the expressions. */
export function* conditionProblems(conditions: readonly MatchCondition[], at: string): Problems {
  if (conditions.length > maxConditions) {
    yield tooMany(at, conditions.length, maxConditions);
    return;
  }
  const names = new Set<string>();
  for (const [i, { name, expression }] of conditions.entries()) {
    const path = `${at}[${i}]`;
    if (!expression?.trim()) yield requiredValue(`${path}.expression`);
    if (!name) yield requiredValue(`${path}.name`);
    else {
      for (const detail of qualifiedNameProblems(name)) yield invalidValue(`${path}.name`, name, detail);
      if (names.has(name)) yield duplicateValue(`${path}.name`, name);
      names.add(name);
    }
  }
}
