import type { Container, Pod } from '@typernetes/api/core/v1';
import { milliOf, unitsOf } from './amount.ts';

/** What the kernel is told: shares and quota per period of processor time, and a limit of memory in bytes. */
export interface CgroupResources {
  readonly cpuShares: number;
  readonly cpuQuota?: number;
  readonly cpuPeriod?: number;
  readonly memoryLimit?: number;
}

const periodMicroseconds = 100_000;
const minShares = 2;
const maxShares = 262_144;
const minQuota = 1000;

/** 1024 shares for a whole processor. */
export function sharesOf(milliCpu: number): number {
  return Math.min(Math.max(Math.floor((milliCpu * 1024) / 1000), minShares), maxShares);
}

function quotaOf(milliCpu: number): Pick<CgroupResources, 'cpuQuota' | 'cpuPeriod'> {
  if (milliCpu === 0) return {};
  return {
    cpuQuota: Math.max(Math.floor((milliCpu * periodMicroseconds) / 1000), minQuota),
    cpuPeriod: periodMicroseconds,
  };
}

/** One container's share; without a request the limit counts as one. */
export function containerResources(container: Container, cfsQuota: boolean): CgroupResources {
  const limits = container.resources?.limits;
  const cpuLimit = milliOf(limits?.cpu) ?? 0;
  const cpuRequest = milliOf(container.resources?.requests?.cpu) ?? cpuLimit;
  const memoryLimit = unitsOf(limits?.memory);
  return {
    cpuShares: sharesOf(cpuRequest),
    ...(cfsQuota ? quotaOf(cpuLimit) : {}),
    ...(memoryLimit ? { memoryLimit } : {}),
  };
}

/**
 * The pod's share: the containers' together or, where that is more, the largest of the init containers'. Quota and memory limit only
 * when each container has one.
 */
export function podResources(pod: Pod, cfsQuota: boolean): CgroupResources {
  const containers = pod.spec?.containers ?? [];
  const total = (amount: (c: Container) => number): number => totalOf(pod, amount);
  const memoryLimit = (c: Container): number => unitsOf(c.resources?.limits?.memory) ?? 0;
  return {
    cpuShares: sharesOf(requestedMilliCpu(pod)),
    ...(cfsQuota && containers.every((c) => cpuLimit(c) > 0) ? quotaOf(total(cpuLimit)) : {}),
    ...(containers.every((c) => memoryLimit(c) > 0) ? { memoryLimit: total(memoryLimit) } : {}),
  };
}

/** Thousandths of a processor that the pod asks for; without a request the limit counts as one. */
export function requestedMilliCpu(pod: Pod): number {
  return totalOf(pod, (c) => milliOf(c.resources?.requests?.cpu) ?? cpuLimit(c));
}

function cpuLimit(container: Container): number {
  return milliOf(container.resources?.limits?.cpu) ?? 0;
}

function totalOf(pod: Pod, amount: (c: Container) => number): number {
  const together = (pod.spec?.containers ?? []).reduce((sum, c) => sum + amount(c), 0);
  return Math.max(together, ...(pod.spec?.initContainers ?? []).map(amount));
}
