import type { LinuxContainerResources } from '@typernetes/cri';
import type { CgroupResources } from '../pod/resources.ts';
import { swapFile } from './limit-rules.ts';

/**
 * Resources in the runtime's words. On version 1 of control groups swap is not given to pods: memory and swap together are limited to the
 * memory limit. On version 2 the kernel is told by name (`unified`).
 */
export function linuxResources(
  resources: CgroupResources,
  unified?: Readonly<Record<string, string>>,
): LinuxContainerResources {
  return {
    cpuShares: String(resources.cpuShares),
    ...(resources.cpuQuota === undefined
      ? {}
      : { cpuQuota: String(resources.cpuQuota), cpuPeriod: String(resources.cpuPeriod) }),
    ...(resources.memoryLimit === undefined
      ? {}
      : {
          memoryLimitInBytes: String(resources.memoryLimit),
          ...(unified?.[swapFile] === undefined ? { memorySwapLimitInBytes: String(resources.memoryLimit) } : {}),
        }),
    ...(resources.hugepages
      ? {
          hugepageLimits: resources.hugepages.map(({ pageBytes, limit }) => ({
            pageSize: pageSizeText(pageBytes),
            limit: String(limit),
          })),
        }
      : {}),
    ...(unified ? { unified } : {}),
  };
}

/** `2MB`, `1GB`: as the kernel calls its control files. */
function pageSizeText(bytes: number): string {
  const units = ['B', 'KB', 'MB', 'GB'];
  let at = 0;
  let size = bytes;
  for (; size >= 1024 && at < units.length - 1; at++) size /= 1024;
  return `${size}${units[at]}`;
}
