import { type ReplicaSet, replicasets, type StatefulSet, statefulsets } from '@typernetes/api/apps/v1';
import {
  type Pod,
  type ReplicationController,
  replicationcontrollers,
  type Service,
  services,
  type TopologySpreadConstraint,
} from '@typernetes/api/core/v1';
import type { PodTopologySpreadArgs } from '@typernetes/api/kubescheduler.config/v1';
import type { Informers, Lister } from '@typernetes/client';
import {
  controllerOf,
  type LabelRequirement,
  type Labels,
  selectorFromLabels,
  selectorFromObject,
  selectorOf,
} from '@typernetes/machinery';
import type { DefaultConstraints } from './pod-topology-spread.ts';
import { parseConstraint } from './spread-constraint.ts';

/** Upstream's defaults: spread the pods of one workload over hosts and zones. */
const systemConstraints: readonly TopologySpreadConstraint[] = [
  { topologyKey: 'kubernetes.io/hostname', whenUnsatisfiable: 'ScheduleAnyway', maxSkew: 3 },
  { topologyKey: 'topology.kubernetes.io/zone', whenUnsatisfiable: 'ScheduleAnyway', maxSkew: 5 },
];

/** Constraints for pods that bring none: spread are the pods of the same Services and of the same controller. */
export function defaultConstraints(args: PodTopologySpreadArgs, informers: Informers): DefaultConstraints {
  const system = (args.defaultingType ?? 'System') === 'System';
  const constraints = system ? systemConstraints : (args.defaultConstraints ?? []);
  if (constraints.length === 0) return { hard: () => [], soft: () => [], system };
  const owners = ownersFrom(informers);
  const build = (kind: TopologySpreadConstraint['whenUnsatisfiable']) => {
    const wanted = constraints.filter((constraint) => constraint.whenUnsatisfiable === kind);
    return (pod: Pod) => {
      if (wanted.length === 0) return [];
      const requirements = selectingRequirements(pod, owners);
      if (requirements.length === 0) return [];
      const selector = selectorOf(requirements);
      const text = selector.toString();
      return wanted.map((constraint) => parseConstraint(constraint, pod, { selector, text }));
    };
  };
  return { hard: build('DoNotSchedule'), soft: build('ScheduleAnyway'), system };
}

interface Owners {
  readonly services: Lister<Service>;
  readonly replicationControllers: Lister<ReplicationController>;
  readonly replicaSets: Lister<ReplicaSet>;
  readonly statefulSets: Lister<StatefulSet>;
}

function ownersFrom(informers: Informers): Owners {
  return {
    services: informers.for<Service>(services).lister,
    replicationControllers: informers.for<ReplicationController>(replicationcontrollers).lister,
    replicaSets: informers.for<ReplicaSet>(replicasets).lister,
    statefulSets: informers.for<StatefulSet>(statefulsets).lister,
  };
}

/** The combined selectors of the Services that select the pod and of its controller. */
function selectingRequirements(pod: Pod, owners: Owners): readonly LabelRequirement[] {
  const namespace = pod.metadata.namespace ?? '';
  const labels: Record<string, string> = {};
  for (const { spec } of owners.services.inNamespace(namespace)) {
    const selector = spec?.selector;
    if (selector && Object.keys(selector).length > 0 && isSubset(selector, pod.metadata.labels))
      Object.assign(labels, selector);
  }
  const owner = controllerOf(pod);
  if (!owner) return selectorFromLabels(labels).requirements;
  const key = `${namespace}/${owner.name}`;
  switch (owner.kind) {
    case 'ReplicationController':
      return selectorFromLabels({ ...labels, ...owners.replicationControllers.get(key)?.spec?.selector }).requirements;
    case 'ReplicaSet':
      return joined(labels, owners.replicaSets.get(key)?.spec?.selector);
    case 'StatefulSet':
      return joined(labels, owners.statefulSets.get(key)?.spec?.selector);
    default:
      return selectorFromLabels(labels).requirements;
  }
}

function joined(labels: Labels, selector: Parameters<typeof selectorFromObject>[0]): readonly LabelRequirement[] {
  return [...selectorFromLabels(labels).requirements, ...selectorFromObject(selector).requirements];
}

function isSubset(selector: Labels, labels: Labels | undefined): boolean {
  for (const key in selector) if (labels?.[key] !== selector[key]) return false;
  return true;
}
