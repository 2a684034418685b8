import { podLimits, podRequests } from '@typernetes/api';
import type { Container, Pod } from '@typernetes/api/core/v1';
import { milliValue, wholeValue } from '@typernetes/machinery';
import { milliOf, unitsOf } from './amount.ts';

/** The limits of a cgroup: CPU shares, CPU quota per period, and memory in bytes. */
export interface CgroupResources {
  readonly cpuShares: number;
  readonly cpuQuota?: number;
  readonly cpuPeriod?: number;
  readonly memoryLimit?: number;
  /** Bytes of huge pages, for each size that is requested. */
  readonly hugepages?: readonly { readonly pageBytes: number; readonly limit: number }[];
}

const minShares = 2;
const maxShares = 262_144;
const minQuota = 1000;

/** 1024 shares for a whole processor. */
export function sharesOf(milliCpu: number): number {
  return Math.min(Math.max(Math.floor((milliCpu * 1024) / 1000), minShares), maxShares);
}

function quotaOf(milliCpu: number, cfsPeriod: number | undefined): Pick<CgroupResources, 'cpuQuota' | 'cpuPeriod'> {
  if (milliCpu === 0 || cfsPeriod === undefined) return {};
  return {
    cpuQuota: Math.max(Math.floor((milliCpu * cfsPeriod) / 1000), minQuota),
    cpuPeriod: cfsPeriod,
  };
}

/**
 * One container's limits; without a request the limit counts as one. `cfsPeriod` is the period of CPU quotas in
 * microseconds; without it there are no quotas.
 */
export function containerResources(container: Container, cfsPeriod: number | undefined): CgroupResources {
  const limits = container.resources?.limits;
  const cpuLimit = milliOf(limits?.cpu) ?? 0;
  const cpuRequest = milliOf(container.resources?.requests?.cpu) ?? cpuLimit;
  const memoryLimit = unitsOf(limits?.memory);
  return {
    cpuShares: sharesOf(cpuRequest),
    ...quotaOf(cpuLimit, cfsPeriod),
    ...(memoryLimit ? { memoryLimit } : {}),
    ...hugepagesOf(Object.entries(limits ?? {}).map(([name, amount]) => [name, unitsOf(amount) ?? 0])),
  };
}

/** The container with the pod-level limits where it has none of its own (upstream: getCPULimit, getMemoryLimit). */
export function boundedByPod(container: Container, { spec }: Pod): Container {
  const whole = spec?.resources?.limits ?? {};
  const own = container.resources?.limits ?? {};
  const missing = (['cpu', 'memory'] as const).filter((name) => !milliOf(own[name]) && milliOf(whole[name]));
  if (missing.length === 0) return container;
  const limits = { ...own, ...Object.fromEntries(missing.map((name) => [name, whole[name] ?? ''])) };
  return { ...container, resources: { ...container.resources, limits } };
}

const hugepagesPrefix = 'hugepages-';

/** The page size of a huge page resource, in bytes; undefined for other resources. */
export function pageBytesOf(resource: string): number | undefined {
  return resource.startsWith(hugepagesPrefix) ? unitsOf(resource.slice(hugepagesPrefix.length)) : undefined;
}

function hugepagesOf(limits: readonly (readonly [string, number])[]): Pick<CgroupResources, 'hugepages'> {
  const hugepages = limits.flatMap(([name, limit]) => {
    const pageBytes = pageBytesOf(name);
    return pageBytes ? [{ pageBytes, limit }] : [];
  });
  return hugepages.length > 0 ? { hugepages } : {};
}

/**
 * The pod's limits, including overhead: the sum of its containers and sidecars, or the peak during initialization if
 * that is higher. There is a quota or memory limit only if each container, or the pod as a whole, has one.
 */
export function podResources(pod: Pod, cfsPeriod: number | undefined): CgroupResources {
  const spec = pod.spec ?? { containers: [] };
  const limits = podLimits(spec);
  const all = [...spec.containers, ...(spec.initContainers ?? [])];
  const limited = (name: 'cpu' | 'memory'): boolean =>
    spec.resources?.limits?.[name] !== undefined || all.every((c) => (milliOf(c.resources?.limits?.[name]) ?? 0) > 0);
  const memory = limits.memory && limited('memory') ? wholeValue(limits.memory) : 0;
  return {
    cpuShares: sharesOf(requestedMilliCpu(pod)),
    ...(limits.cpu && limited('cpu') ? quotaOf(milliValue(limits.cpu), cfsPeriod) : {}),
    ...(memory > 0 ? { memoryLimit: memory } : {}),
    ...hugepagesOf(Object.entries(limits).map(([name, amount]) => [name, wholeValue(amount)])),
  };
}

/** The pod's CPU request in millicores; without a request the limit counts as one. */
export function requestedMilliCpu(pod: Pod): number {
  const { containers = [], initContainers = [], ...spec } = pod.spec ?? { containers: [] };
  const { cpu } = podRequests({
    ...spec,
    containers: containers.map(withRequest),
    initContainers: initContainers.map(withRequest),
  });
  return cpu ? milliValue(cpu) : 0;
}

function withRequest(container: Container): Container {
  const { requests, limits } = container.resources ?? {};
  if (requests?.cpu !== undefined || limits?.cpu === undefined) return container;
  return { ...container, resources: { ...container.resources, requests: { ...requests, cpu: limits.cpu } } };
}
