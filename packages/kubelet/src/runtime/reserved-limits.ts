import { messageOf } from '@typernetes/base';
import type { EventRecorder, EventTarget } from '@typernetes/client';
import type { CompleteConfiguration } from '../config/defaults.ts';
import { milliOf, unitsOf } from '../pod/amount.ts';
import { sharesOf } from '../pod/resources.ts';
import type { Cgroups, ReservedLimits } from './cgroups.ts';

/** Sets the limits and emits an event. Rejects at the first failure: then the kubelet does not start. */
export async function enforceReserved(
  config: CompleteConfiguration,
  to: {
    readonly cgroups: Pick<Cgroups, 'limitReserved'>;
    readonly recorder: EventRecorder;
    readonly node: EventTarget;
  },
): Promise<void> {
  for (const { group, limits } of reservedLimits(config)) {
    try {
      await to.cgroups.limitReserved(group, limits);
    } catch (error) {
      to.recorder.event(to.node, 'Warning', 'FailedNodeAllocatableEnforcement', messageOf(error));
      throw error;
    }
    const message = `Updated limits on ${limits.kind.toLowerCase()} reserved cgroup ${group}`;
    to.recorder.event(to.node, 'Normal', 'NodeAllocatableEnforced', message);
  }
}

/** The cgroups of system programs that are to be limited to their reservations, by the configuration. */
export function reservedLimits(
  config: CompleteConfiguration,
): readonly { readonly group: string; readonly limits: ReservedLimits }[] {
  const { enforceNodeAllocatable: enforced, systemReserved, kubeReserved } = config;
  const kinds = [
    ['System', 'system-reserved', config.systemReservedCgroup, systemReserved],
    ['Kube', 'kube-reserved', config.kubeReservedCgroup, kubeReserved],
  ] as const;
  return kinds.flatMap(([kind, key, group, reserved]) => {
    const compressible = enforced.includes(`${key}-compressible`);
    if (!compressible && !enforced.includes(key)) return [];
    const memoryLimit = unitsOf(reserved.memory);
    const pids = unitsOf(reserved.pid);
    const resources = {
      cpuShares: sharesOf(milliOf(reserved.cpu) ?? 0),
      ...(compressible || memoryLimit === undefined ? {} : { memoryLimit }),
      ...(compressible || pids === undefined ? {} : { pids }),
    };
    return [{ group, limits: { kind, resources } }];
  });
}
