import type { Namespace, Pod, PodSpec } from '@typernetes/api/core/v1';
import { groupResourceOf, invalid } from '@typernetes/machinery';
import { type ObjectSource, whenFound } from '../../object-source.ts';
import type { AdmissionPlugin, AdmissionRequest } from '../admission-plugin.ts';
import type { CheckedPod } from '../pod-security/check.ts';
import { defaultRules, type PodSecurityRules } from '../pod-security/configuration.ts';
import { detailOf, violations } from '../pod-security/evaluate.ts';
import { namespaceWarnings } from '../pod-security/namespace-warnings.ts';
import { labelPrefix, type Mode, policyOf, textOf } from '../pod-security/policy.ts';
import type { SecurityMetrics } from '../pod-security/security-metrics.ts';
import { refusal, targetOf } from '../request-target.ts';

/** The pod template in each kind that has one. */
const templates: Readonly<Record<string, (object: Template) => Template | undefined>> = {
  podtemplates: (object) => object.template,
  replicationcontrollers: (object) => object.spec?.template,
  'replicasets.apps': (object) => object.spec?.template,
  'deployments.apps': (object) => object.spec?.template,
  'statefulsets.apps': (object) => object.spec?.template,
  'daemonsets.apps': (object) => object.spec?.template,
  'jobs.batch': (object) => object.spec?.template,
  'cronjobs.batch': (object) => object.spec?.jobTemplate?.spec?.template,
};

interface Template {
  readonly metadata?: CheckedPod['metadata'];
  readonly template?: Template;
  readonly spec?: PodSpec & { readonly template?: Template; readonly jobTemplate?: Template };
}

/** Every other part of a pod may change what runs. */
const harmlessParts: ReadonlySet<string> = new Set(
  'exec attach binding eviction log portforward proxy status'.split(' '),
);

/**
 * Enforces the levels in the labels of the pod's namespace: `enforce` refuses pods; `warn` and `audit` also report on
 * objects with pod templates. Also checks the labels themselves, and names the pods that a new level would refuse.
 */
export function podSecurity(deps: {
  readonly namespaces: ObjectSource<Namespace>;
  readonly pods: { inNamespace(namespace: string): readonly Pod[] };
  readonly rules?: PodSecurityRules;
  readonly metrics?: SecurityMetrics | undefined;
}): AdmissionPlugin {
  const rules = deps.rules ?? defaultRules;
  return {
    name: 'PodSecurity',
    concerns: ({ operation, resource, subresource }) => {
      if (operation !== 'CREATE' && operation !== 'UPDATE') return false;
      const target = groupResourceOf(resource);
      if (target === 'pods') return !harmlessParts.has(subresource);
      return subresource === '' && (target === 'namespaces' || target in templates);
    },
    validate: (request) => {
      if (targetOf(request) === 'namespaces') return checkNamespace(request, { ...deps, rules });
      if (rules.exempt.namespaces.has(request.namespace) || rules.exempt.usernames.has(request.user.username)) {
        deps.metrics?.exempted(request);
        return;
      }
      const { metrics } = deps;
      return whenFound(deps.namespaces.get(request.namespace), (namespace) =>
        checkPod(request, { namespace, rules, metrics }),
      );
    },
  };
}

function checkPod(
  request: AdmissionRequest,
  {
    namespace,
    rules,
    metrics,
  }: { namespace: Namespace | undefined; rules: PodSecurityRules; metrics: SecurityMetrics | undefined },
): void {
  const { policy, problems } = policyOf(namespace?.metadata.labels, rules.defaults);
  const isPod = groupResourceOf(request.resource) === 'pods';
  const reports = policy.warn.level !== 'privileged' || policy.audit.level !== 'privileged';
  const judged = (mode: Mode, denied: boolean): void =>
    metrics?.evaluated(request, { mode, policy: policy[mode], denied });
  if (!reports && !(isPod && policy.enforce.level !== 'privileged')) {
    judged('enforce', false);
    return;
  }
  const pod = podOf(request);
  if (!pod || rules.exempt.runtimeClasses.has(pod.spec.runtimeClassName ?? '')) {
    if (pod) metrics?.exempted(request);
    return;
  }
  if (isPod && request.operation === 'UPDATE' && !changesWhatRuns(request)) return;
  if (problems.length > 0) {
    metrics?.failed(request);
    request.annotate?.(
      `${labelPrefix}error`,
      `Failed to parse policy: ${problems.map(({ field }) => field).join(', ')}`,
    );
  }
  const audited = violations(pod, policy.audit);
  if (audited.length > 0) {
    judged('audit', true);
    request.annotate?.(
      `${labelPrefix}audit-violations`,
      `would violate PodSecurity "${textOf(policy.audit)}": ${detailOf(audited)}`,
    );
  }
  if (isPod) {
    request.annotate?.(`${labelPrefix}enforce-policy`, textOf(policy.enforce));
    const broken = violations(pod, policy.enforce);
    judged('enforce', broken.length > 0);
    if (broken.length > 0)
      throw refusal(request, `violates PodSecurity "${textOf(policy.enforce)}": ${detailOf(broken)}`);
  }
  const warned = violations(pod, policy.warn);
  if (warned.length === 0) return;
  judged('warn', true);
  request.warn(`would violate PodSecurity "${textOf(policy.warn)}": ${detailOf(warned)}`);
}

function checkNamespace(
  request: AdmissionRequest,
  { pods, rules }: { pods: { inNamespace(namespace: string): readonly Pod[] }; rules: PodSecurityRules },
): void {
  const name = request.object?.metadata.name ?? '';
  const next = policyOf(request.object?.metadata.labels, rules.defaults);
  const old = request.oldObject && policyOf(request.oldObject.metadata.labels, rules.defaults);
  const known = new Set(old?.problems.map(({ field }) => field));
  const problems = next.problems.filter(({ field }) => !known.has(field));
  if (problems.length > 0) throw invalid(request.resource, name, problems);
  const labelled = Object.keys(request.object?.metadata.labels ?? {}).some((key) => key.startsWith(labelPrefix));
  if (rules.exempt.namespaces.has(name)) {
    const policy = (['enforce', 'audit', 'warn'] as const)
      .map((mode) => `${mode}=${textOf(next.policy[mode])}`)
      .join(', ');
    if (labelled)
      request.warn(
        `namespace ${JSON.stringify(name)} is exempt from Pod Security, and the policy (${policy}) will be ignored`,
      );
    return;
  }
  if (!old) return;
  for (const warning of namespaceWarnings(
    name,
    { next: next.policy.enforce, old: old.policy.enforce },
    { pods, rules },
  ))
    request.warn(warning);
}

function podOf(request: AdmissionRequest): CheckedPod | undefined {
  const object = request.object as unknown as Template;
  const pod = groupResourceOf(request.resource) === 'pods' ? object : templates[targetOf(request)]?.(object);
  return pod?.spec ? { metadata: pod.metadata, spec: pod.spec } : undefined;
}

/** An update of a pod matters only if it changes images or the number of containers: other updates are harmless. */
function changesWhatRuns({ object, oldObject }: AdmissionRequest): boolean {
  const images = (pod: Pod): string[] =>
    [...(pod.spec.initContainers ?? []), ...pod.spec.containers, ...(pod.spec.ephemeralContainers ?? [])].map(
      ({ name, image }) => `${name}=${image}`,
    );
  return images(object as Pod).join() !== images(oldObject as Pod).join();
}
