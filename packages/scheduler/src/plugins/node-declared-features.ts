import type { Container, Pod } from '@typernetes/api/core/v1';
import { jsonEqual } from '@typernetes/machinery';
import { wakeUp } from '../framework/cluster-event.ts';
import type { SchedulerPlugin } from '../framework/plugin.ts';
import { accept, refuse } from '../framework/verdict.ts';

interface Feature {
  readonly name: string;
  isNeededBy(pod: Pod): boolean;
}

const containersOf = ({ spec }: Pod): readonly Container[] => [...(spec.initContainers ?? []), ...spec.containers];

/** Features of kubelets that a pod may need to run, by the names under which nodes declare them. */
const features: readonly Feature[] = [
  {
    name: 'RestartAllContainersOnContainerExits',
    isNeededBy: (pod) =>
      containersOf(pod).some(({ restartPolicyRules = [] }) =>
        restartPolicyRules.some(({ action }) => action === 'RestartAllContainers'),
      ),
  },
  {
    name: 'UserNamespacesHostNetworkSupport',
    isNeededBy: ({ spec }) => spec.hostUsers === false && spec.hostNetwork === true,
  },
];

const neededBy = (pod: Pod): readonly string[] =>
  features.filter((feature) => feature.isNeededBy(pod)).map(({ name }) => name);

/**
 * Pods only go to nodes whose kubelet has declared the features that they need: an older kubelet would not support
 * them.
 */
export const nodeDeclaredFeatures: SchedulerPlugin<readonly string[]> = {
  name: 'NodeDeclaredFeatures',
  wakesOn: [
    wakeUp('Node', ['add', 'update'], {
      parts: ['declaredFeatures'],
      helps: (pod, { object }) => neededBy(pod).every((name) => object.status?.declaredFeatures?.includes(name)),
    }),
    wakeUp('WaitingPod', ['update'], {
      helps: (_pod, { object, old }) => !old || !jsonEqual(neededBy(object), neededBy(old)),
    }),
  ],
  sign: neededBy,
  prepare: (pod) => {
    const needed = neededBy(pod);
    return needed.length === 0 ? { skip: true } : { prepared: needed };
  },
  filter: (_pod, { node }, needed) => {
    const declared = node.status?.declaredFeatures ?? [];
    const missing = needed.filter((name) => !declared.includes(name));
    if (missing.length === 0) return accept;
    return refuse(`node declared features check failed - unsatisfied requirements: ${missing.join(', ')}`);
  },
};
