import { type LabelOperator, type Quantity, requirementMatches } from '@typernetes/machinery';
import { parseAmounts, podLimits, podRequests, qosClassOf, type ResourceAmounts } from '../core/pod-resources.ts';
import { isPodTerminal } from '../core/pod-status.ts';
import type { Container, Pod, PodAffinityTerm, ScopedResourceSelectorRequirement } from '../core/v1.gen.ts';
import { addUsage, objectCountName, one, type QuotaEvaluator, type Usage } from './evaluator.ts';

const countName = objectCountName('pods');
const native = ['cpu', 'memory', 'ephemeral-storage'] as const;
const names: ReadonlySet<string> = new Set([
  countName,
  'pods',
  ...native.flatMap((name) => [name, `requests.${name}`, `limits.${name}`]),
]);

/** Under a quota on these, every container must set them: upstream keeps this mistake for cpu and memory only. */
const mustBeStated: ReadonlySet<string> = new Set(
  ['cpu', 'memory'].flatMap((name) => [name, `requests.${name}`, `limits.${name}`]),
);

export const podEvaluator: QuotaEvaluator = {
  resource: 'pods',
  handles: ({ operation, subresource }) =>
    (operation === 'CREATE' && subresource === '') || (operation === 'UPDATE' && subresource === 'resize'),
  measures: (name) =>
    names.has(name) ||
    name.startsWith('hugepages-') ||
    name.startsWith('requests.hugepages-') ||
    (name.startsWith('requests.') && isForeign(name)),
  inScope: (scope, object) => podInScope(scope, object as Pod),
  usage: (object, now) => podUsage(object as Pod, now),
  missing: (limited, object) => missingAmounts(limited, object as Pod),
};

/**
 * The usage of a pod, until it has finished or its deletion is overdue; it counts as a stored object as long as it
 * exists.
 */
function podUsage(pod: Pod, now: number): Usage {
  const stored: Usage = { [countName]: one };
  if (isPodTerminal(pod) || isOverdue(pod, now)) return stored;
  return addUsage(stored, amountsUsage(podRequests(pod.spec), podLimits(pod.spec)));
}

function isOverdue({ metadata }: Pod, now: number): boolean {
  const { deletionTimestamp, deletionGracePeriodSeconds } = metadata;
  if (!deletionTimestamp || deletionGracePeriodSeconds === undefined) return false;
  return now > Date.parse(deletionTimestamp) + Number(deletionGracePeriodSeconds) * 1000;
}

function amountsUsage(requests: ResourceAmounts, limits: ResourceAmounts): Usage {
  const usage: Record<string, Quantity> = { pods: one };
  for (const name of native) {
    const [request, limit] = [requests[name], limits[name]];
    if (request) usage[name] = usage[`requests.${name}`] = request;
    if (limit) usage[`limits.${name}`] = limit;
  }
  for (const [name, request] of Object.entries(requests)) {
    if (name.startsWith('hugepages-')) usage[name] = usage[`requests.${name}`] = request;
    else if (isForeign(name) && !name.startsWith('requests.')) usage[`requests.${name}`] = request;
  }
  return usage;
}

/** Whether it is an extended resource: its name has a domain, and not Kubernetes' own. */
const isForeign = (name: string): boolean => name.includes('/') && !name.includes('kubernetes.io/');

function missingAmounts(limited: readonly string[], { spec }: Pod): string | undefined {
  const required = limited.filter((name) => mustBeStated.has(name)).sort();
  if (required.length === 0) return undefined;
  const containers: Container[] = [...spec.containers, ...(spec.initContainers ?? [])];
  const stated = containers.map(
    ({ name, resources }) =>
      [name, amountsUsage(parseAmounts(resources?.requests), parseAmounts(resources?.limits))] as const,
  );
  const lacks = required.flatMap((name) => {
    const who = [...new Set(stated.filter(([, usage]) => !usage[name]).map(([container]) => container))].sort();
    return who.length > 0 ? [`${name} for: ${who.join(',')}`] : [];
  });
  return lacks.length > 0 ? `must specify ${lacks.join('; ')}` : undefined;
}

function podInScope(scope: ScopedResourceSelectorRequirement, { spec }: Pod): boolean {
  switch (scope.scopeName) {
    case 'Terminating':
      return (spec.activeDeadlineSeconds ?? -1) >= 0;
    case 'NotTerminating':
      return (spec.activeDeadlineSeconds ?? -1) < 0;
    case 'BestEffort':
      return qosClassOf(spec) === 'BestEffort';
    case 'NotBestEffort':
      return qosClassOf(spec) !== 'BestEffort';
    case 'PriorityClass':
      return nameInScope(scope, spec.priorityClassName);
    case 'CrossNamespacePodAffinity':
      return affinityTerms(spec.affinity).some(({ namespaces, namespaceSelector }) =>
        Boolean(namespaces?.length || namespaceSelector),
      );
    default:
      return false;
  }
}

function affinityTerms(affinity: Pod['spec']['affinity']): PodAffinityTerm[] {
  return [affinity?.podAffinity, affinity?.podAntiAffinity].flatMap((kind) => [
    ...(kind?.requiredDuringSchedulingIgnoredDuringExecution ?? []),
    ...(kind?.preferredDuringSchedulingIgnoredDuringExecution ?? []).map((weighted) => weighted.podAffinityTerm),
  ]);
}

const operators: Readonly<Record<string, LabelOperator>> = {
  In: 'in',
  NotIn: 'notin',
  Exists: 'exists',
  DoesNotExist: '!',
};

/** Whether the name of a class, or its absence, matches a scope. */
export function nameInScope(
  { scopeName, operator, values = [] }: ScopedResourceSelectorRequirement,
  name: string | undefined,
): boolean {
  const matches = operators[operator];
  return matches
    ? requirementMatches({ key: scopeName, operator: matches, values }, name ? { [scopeName]: name } : {})
    : false;
}
