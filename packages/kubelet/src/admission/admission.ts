import type { Node, Pod } from '@typernetes/api/core/v1';
import type { PodVerdict } from '../eviction/eviction-manager.ts';
import type { ContainerEvents } from '../status/container-events.ts';
import { type HostSecurity, profileRefusal } from './host-security.ts';
import { nodeFit, type Refusal } from './node-fit.ts';
import { sysctlRefusal } from './sysctls.ts';

export interface AdmissionDeps {
  readonly events: ContainerEvents;
  /** Why the node, being short of something, takes no such pods now. */
  readonly pressure: (pod: Pod) => Refusal | undefined;
  readonly host: () => HostSecurity;
  readonly unsafeSysctls: readonly string[];
  readonly allocatable: () => Readonly<Record<string, string>>;
  readonly node: () => Node | undefined;
  /** All pods that are here. */
  readonly pods: () => readonly Pod[];
  readonly hasEnded: (pod: Pod) => boolean;
}

/** Decides whether a pod that is new here is taken in. One that is not has failed, and its events say why. */
export function createAdmission(deps: AdmissionDeps): (pod: Pod) => PodVerdict | undefined {
  return (pod) => {
    const { uid } = pod.metadata;
    const others = deps.pods().filter((other) => other.metadata.uid !== uid && !deps.hasEnded(other));
    const refusal =
      deps.pressure(pod) ??
      sysctlRefusal(pod, deps.unsafeSysctls) ??
      nodeFit(pod, { node: deps.node(), allocatable: deps.allocatable(), others }) ??
      profileRefusal(pod, deps.host());
    if (!refusal) return undefined;
    deps.events.warning(pod, undefined, refusal.reason, refusal.message);
    return { ...refusal, message: `Pod was rejected: ${refusal.message}`, rejected: true };
  };
}
