import type { Container, Pod } from '@typernetes/api/core/v1';

type Restarting = Pick<Container, 'restartPolicy' | 'restartPolicyRules'>;
type Rule = NonNullable<Container['restartPolicyRules']>[number];

/** Whether a container that has ended with this exit code starts again: its own rules first, its own policy, then the pod's. */
export function restartsAfter(container: Restarting, spec: Pod['spec'], exitCode: number): boolean {
  const policy = container.restartPolicy ?? spec?.restartPolicy ?? 'Always';
  if (container.restartPolicy && ruleFor(container, exitCode)?.action === 'Restart') return true;
  return policy === 'Always' || (policy === 'OnFailure' && exitCode !== 0);
}

/** Whether there is an exit code after which the container starts again. */
export function mayRestart(container: Restarting, spec: Pod['spec']): boolean {
  if (!container.restartPolicy) return spec?.restartPolicy !== 'Never';
  const rules = container.restartPolicyRules ?? [];
  return container.restartPolicy !== 'Never' || rules.some(({ action }) => action === 'Restart');
}

/** Whether this exit code restarts all containers of the pod, starting with the init containers. */
export function restartsAll(container: Restarting, exitCode: number): boolean {
  return container.restartPolicy !== undefined && ruleFor(container, exitCode)?.action === 'RestartAllContainers';
}

/** Whether one of the pod's containers has a rule that restarts all of them. */
export function hasRestartAllRule(pod: Pod): boolean {
  const containers = [...(pod.spec?.initContainers ?? []), ...(pod.spec?.containers ?? [])];
  return containers.some((c) => c.restartPolicyRules?.some(({ action }) => action === 'RestartAllContainers'));
}

/** The first rule that fits the exit code. */
function ruleFor(container: Restarting, exitCode: number): Rule | undefined {
  return container.restartPolicyRules?.find(({ exitCodes }) => {
    const listed = exitCodes?.values?.includes(exitCode) ?? false;
    return exitCodes?.operator === 'In' ? listed : exitCodes?.operator === 'NotIn' && !listed;
  });
}
