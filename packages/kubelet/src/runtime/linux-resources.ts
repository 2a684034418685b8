import type { LinuxContainerResources } from '@typernetes/cri';
import type { CgroupResources } from '../pod/resources.ts';

/** Resources in the runtime's words. Swap is not given to pods: memory and swap together are limited to the memory limit. */
export function linuxResources(resources: CgroupResources): LinuxContainerResources {
  return {
    cpuShares: String(resources.cpuShares),
    ...(resources.cpuQuota === undefined
      ? {}
      : { cpuQuota: String(resources.cpuQuota), cpuPeriod: String(resources.cpuPeriod) }),
    ...(resources.memoryLimit === undefined
      ? {}
      : {
          memoryLimitInBytes: String(resources.memoryLimit),
          memorySwapLimitInBytes: String(resources.memoryLimit),
        }),
    ...(resources.hugepages
      ? {
          hugepageLimits: resources.hugepages.map(({ pageBytes, limit }) => ({
            pageSize: pageSizeText(pageBytes),
            limit: String(limit),
          })),
        }
      : {}),
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
