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
  };
}
