import type { LinuxContainerResources } from '@typernetes/cri';
import type { CgroupResources } from '../pod/resources.ts';
import { pageSizeText } from './group-limits.ts';
import { swapFile } from './limit-rules.ts';

/**
 * Resources in the runtime's format. With cgroup v1 pods get no swap: memory and swap together are limited to the
 * memory limit. With version 2 swap has a limit of its own (`unified`).
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
