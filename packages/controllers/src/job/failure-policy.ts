import type {
  Job,
  PodFailurePolicyOnExitCodesRequirement,
  PodFailurePolicyOnPodConditionsPattern,
  PodFailurePolicyRule,
} from '@typernetes/api/batch/v1';
import type { ContainerStatus, Pod } from '@typernetes/api/core/v1';

interface FailureVerdict {
  /** Whether the failure counts towards the limits. */
  readonly counts: boolean;
  readonly action?: PodFailurePolicyRule['action'];
  /** Why the whole job fails. */
  readonly failsJob?: string;
}

/** The action of the first rule that matches a failed pod. */
export function judgeFailure({ spec }: Job, pod: Pod): FailureVerdict {
  for (const [index, rule] of (spec.podFailurePolicy?.rules ?? []).entries()) {
    const why = matchOf(rule, pod);
    if (why === undefined) continue;
    const { action } = rule;
    if (action === 'FailJob')
      return { counts: true, action, failsJob: `${why} matching ${action} rule at index ${index}` };
    return { counts: action !== 'Ignore', action };
  }
  return { counts: true };
}

function matchOf({ onExitCodes, onPodConditions }: PodFailurePolicyRule, pod: Pod): string | undefined {
  const { namespace, name } = pod.metadata;
  if (onExitCodes) {
    const found = exited(pod, onExitCodes);
    if (!found) return undefined;
    const code = found.state?.terminated?.exitCode;
    return `Container ${found.name} for pod ${namespace}/${name} failed with exit code ${code}`;
  }
  const condition = onPodConditions?.length ? conditionOf(pod, onPodConditions) : undefined;
  return condition && `Pod ${namespace}/${name} has condition ${condition}`;
}

function exited(
  { status }: Pod,
  { containerName, operator, values }: PodFailurePolicyOnExitCodesRequirement,
): ContainerStatus | undefined {
  return [...(status?.containerStatuses ?? []), ...(status?.initContainerStatuses ?? [])].find(({ name, state }) => {
    const code = state?.terminated?.exitCode ?? 0;
    if (code === 0 || (containerName !== undefined && containerName !== name)) return false;
    return values.includes(code) === (operator === 'In');
  });
}

function conditionOf({ status }: Pod, patterns: readonly PodFailurePolicyOnPodConditionsPattern[]): string | undefined {
  return status?.conditions?.find((condition) =>
    patterns.some((pattern) => pattern.type === condition.type && (pattern.status ?? 'True') === condition.status),
  )?.type;
}
