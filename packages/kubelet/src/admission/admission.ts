import type { Node, Pod } from '@typernetes/api/core/v1';
import type { PodVerdict } from '../eviction/eviction-manager.ts';
import { isCritical } from '../pod/identity.ts';
import type { ContainerEvents } from '../status/container-events.ts';
import { type HostSecurity, profileRefusal } from './host-security.ts';
import { type NodeState, nodeFit, type Refusal, shortages, unfit } from './node-fit.ts';
import { type Missing, missingText, podsToPreempt, preempted, stillMissing } from './preemption.ts';
import { sysctlRefusal } from './sysctls.ts';

interface AdmissionDeps {
  readonly events: ContainerEvents;
  /** Why the node, being short of something, takes no such pods now. */
  readonly pressure: (pod: Pod) => Refusal | undefined;
  readonly host: () => HostSecurity;
  readonly unsafeSysctls: readonly string[];
  readonly allocatable: () => Readonly<Record<string, string>>;
  readonly node: () => Node | undefined;
  /** All pods that are here; those that give way already are among those that have ended. */
  readonly pods: () => readonly Pod[];
  readonly hasEnded: (pod: Pod) => boolean;
  /** Pods give way because of that resource. */
  readonly onPreemption?: (resource: string, pods: number) => void;
}

/** The decision about a pod that is new on this node. */
export type Admission =
  | { readonly refused: PodVerdict; readonly preempts?: undefined }
  /** Taken in, once these have given way. */
  | { readonly refused?: undefined; readonly preempts: readonly Pod[] };

/**
 * Decides whether to admit a pod that is new on this node. A refused pod fails, and its events say why. A critical pod
 * that only lacks room is admitted by preempting other pods.
 */
export function createAdmission(deps: AdmissionDeps): (pod: Pod) => Admission {
  return (pod) => {
    const { uid } = pod.metadata;
    const others = deps.pods().filter((other) => other.metadata.uid !== uid && !deps.hasEnded(other));
    const state = { node: deps.node(), allocatable: deps.allocatable(), others };
    const refusal =
      deps.pressure(pod) ??
      sysctlRefusal(pod, deps.unsafeSysctls) ??
      (isCritical(pod) ? unfit(pod, state) : nodeFit(pod, state)) ??
      profileRefusal(pod, deps.host());
    if (refusal) return refuse(deps, pod, refusal);
    const missing = isCritical(pod) ? missingFor(pod, state) : [];
    if (missing.length === 0) return { preempts: [] };
    const preempts = podsToPreempt(pod, others, missing);
    if (!preempts) return refuse(deps, pod, cannotPreempt(stillMissing(pod, others, missing)));
    for (const victim of preempts) deps.events.warning(victim, undefined, preempted.reason, preempted.message);
    deps.onPreemption?.(missing[0]?.resource ?? '', preempts.length);
    return { preempts };
  };
}

function missingFor(pod: Pod, state: NodeState): readonly Missing[] {
  return shortages(pod, state).map(({ resource, requested, used, capacity }) => ({
    resource,
    amount: requested - (capacity - used),
  }));
}

function cannotPreempt(missing: readonly Missing[]): Refusal {
  const cause = `no set of running pods found to reclaim resources: ${missingText(missing)}`;
  const problem = `preemption: error finding a set of pods to preempt: ${cause}`;
  return {
    reason: 'UnexpectedAdmissionError',
    message: `Unexpected error while attempting to recover from admission failure: ${problem}`,
  };
}

function refuse({ events }: AdmissionDeps, pod: Pod, refusal: Refusal): Admission {
  events.warning(pod, undefined, refusal.reason, refusal.message);
  return { refused: { ...refusal, message: `Pod was rejected: ${refusal.message}`, rejected: true } };
}
