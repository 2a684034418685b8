import { nodeMatchesPodRequirements, untoleratedTaint } from '@typernetes/api';
import type { Node, NodeSelectorTerm, PodSpec, Toleration } from '@typernetes/api/core/v1';

/** Daemons keep running where other pods are driven away. */
const daemonTolerations: readonly Toleration[] = [
  { key: 'node.kubernetes.io/not-ready', operator: 'Exists', effect: 'NoExecute' },
  { key: 'node.kubernetes.io/unreachable', operator: 'Exists', effect: 'NoExecute' },
  { key: 'node.kubernetes.io/disk-pressure', operator: 'Exists', effect: 'NoSchedule' },
  { key: 'node.kubernetes.io/memory-pressure', operator: 'Exists', effect: 'NoSchedule' },
  { key: 'node.kubernetes.io/pid-pressure', operator: 'Exists', effect: 'NoSchedule' },
  { key: 'node.kubernetes.io/unschedulable', operator: 'Exists', effect: 'NoSchedule' },
];
const networkUnavailable: Toleration = {
  key: 'node.kubernetes.io/network-unavailable',
  operator: 'Exists',
  effect: 'NoSchedule',
};

export function withDaemonTolerations(spec: PodSpec): PodSpec {
  const added = spec.hostNetwork ? [...daemonTolerations, networkUnavailable] : daemonTolerations;
  const has = (wanted: Toleration): boolean =>
    !!spec.tolerations?.some(
      ({ key, operator, effect }) => key === wanted.key && operator === wanted.operator && effect === wanted.effect,
    );
  return { ...spec, tolerations: [...(spec.tolerations ?? []), ...added.filter((one) => !has(one))] };
}

/** Binds a pod to one node by its name; the template's other node terms no longer matter, they were checked before. */
export function boundTo(spec: PodSpec, nodeName: string): PodSpec {
  const term: NodeSelectorTerm = { matchFields: [{ key: 'metadata.name', operator: 'In', values: [nodeName] }] };
  const { affinity } = spec;
  return {
    ...spec,
    affinity: {
      ...affinity,
      nodeAffinity: {
        ...affinity?.nodeAffinity,
        requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: [term] },
      },
    },
  };
}

/** Whether a daemon should be started on the node, and whether an existing one may continue. */
export function placement(
  spec: PodSpec,
  node: Node,
): { readonly shouldRun: boolean; readonly shouldContinue: boolean } {
  const nothing = { shouldRun: false, shouldContinue: false };
  const daemon = withDaemonTolerations(spec);
  if (daemon.nodeName && daemon.nodeName !== node.metadata.name) return nothing;
  if (!nodeMatchesPodRequirements(node, daemon)) return nothing;
  const { taints } = node.spec;
  if (!untoleratedTaint(taints, daemon.tolerations)) return { shouldRun: true, shouldContinue: true };
  return { shouldRun: false, shouldContinue: !untoleratedTaint(taints, daemon.tolerations, ['NoExecute']) };
}

/** The node that a daemon pod runs on or is bound to. */
export function nodeOf({ nodeName, affinity }: PodSpec): string | undefined {
  if (nodeName) return nodeName;
  const terms = affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms ?? [];
  for (const { matchFields = [] } of terms)
    for (const { key, operator, values } of matchFields)
      if (key === 'metadata.name' && operator === 'In' && values?.length === 1) return values[0];
  return undefined;
}
