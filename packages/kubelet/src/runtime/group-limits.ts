import type { CgroupResources } from '../pod/resources.ts';

/** The limits of a cgroup. */
export interface GroupLimits extends Omit<CgroupResources, 'hugepages'> {
  readonly pids?: number | undefined;
  /** Bytes of huge pages by size; sizes that are not named get none. `unbounded`: no limit. Undefined: not written. */
  readonly hugepages?: CgroupResources['hugepages'] | 'unbounded';
}

/** One write to a file of a cgroup. */
export interface GroupWrite {
  readonly file: string;
  readonly value: string;
  /** Older kernels lack the file. */
  readonly optional?: true;
}

interface GroupKernel {
  readonly version: 1 | 2;
  /** With cgroup v1: those of one hierarchy. */
  readonly controllers: readonly string[];
  /** Sizes of huge pages that the machine has, in bytes. */
  readonly pageSizes: readonly number[];
}

/** More than any machine has (upstream: setHugePagesUnbounded). */
const unboundedPages = '4611686018427387904';

/** The writes that give a cgroup these limits, in order (upstream: cm.toResources and what it calls). */
export function groupWrites({ version, controllers, pageSizes }: GroupKernel, limits: GroupLimits): GroupWrite[] {
  const has = (controller: string): boolean => controllers.includes(controller);
  const { cpuShares, cpuQuota, cpuPeriod, memoryLimit, pids } = limits;
  const writes: GroupWrite[] = [];
  const write = (file: string, value: string | number): void => void writes.push({ file, value: String(value) });
  if (has('cpu')) {
    if (version === 2) write('cpu.weight', cpuWeightOf(cpuShares));
    else write('cpu.shares', cpuShares);
    if (cpuQuota !== undefined && version === 2) write('cpu.max', `${cpuQuota} ${cpuPeriod}`);
    else if (cpuQuota !== undefined) {
      write('cpu.cfs_period_us', cpuPeriod ?? 100_000);
      write('cpu.cfs_quota_us', cpuQuota);
    }
  }
  if (has('memory') && memoryLimit !== undefined)
    write(version === 2 ? 'memory.max' : 'memory.limit_in_bytes', memoryLimit);
  if (has('pids') && pids !== undefined) write('pids.max', pids);
  if (has('hugetlb') && limits.hugepages !== undefined)
    for (const [size, limit] of pageLimits(limits.hugepages, pageSizes)) {
      const name = `hugetlb.${pageSizeText(size)}`;
      write(version === 2 ? `${name}.max` : `${name}.limit_in_bytes`, limit);
      // Also count reserved but unused pages, where the kernel does so by itself.
      writes.push({ file: `${name}.rsvd.${version === 2 ? 'max' : 'limit_in_bytes'}`, value: limit, optional: true });
    }
  return writes;
}

/** Version 2 counts from 1 to 10000 what version 1 counts from 2 to 262144. */
export function cpuWeightOf(cpuShares: number): number {
  return 1 + Math.floor(((cpuShares - 2) * 9999) / 262_142);
}

function pageLimits(hugepages: NonNullable<GroupLimits['hugepages']>, sizes: readonly number[]): [number, string][] {
  if (hugepages === 'unbounded') return sizes.map((size) => [size, unboundedPages]);
  const named = hugepages.map(({ pageBytes, limit }): [number, string] => [pageBytes, String(limit)]);
  const others = sizes.filter((size) => !hugepages.some(({ pageBytes }) => pageBytes === size));
  return [...named, ...others.map((size): [number, string] => [size, '0'])];
}

/** `2MB`, `1GB`: as the kernel calls its control files. */
export function pageSizeText(bytes: number): string {
  const units = ['B', 'KB', 'MB', 'GB'];
  let at = 0;
  let size = bytes;
  for (; size >= 1024 && at < units.length - 1; at++) size /= 1024;
  return `${size}${units[at]}`;
}
