import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import type { Container, Pod } from '@typernetes/api/core/v1';
import { parseDuration } from '@typernetes/process';
import type { CompleteConfiguration } from '../config/defaults.ts';
import type { Machine } from '../node/machine.ts';
import { milliOf, unitsOf } from '../pod/amount.ts';
import { isCritical } from '../pod/identity.ts';
import { qosOf } from '../pod/qos.ts';
import type { CgroupLayout } from './cgroup-layout.ts';

/** The file with the swap limit of a version 2 cgroup. */
export const swapFile = 'memory.swap.max';

/** The node's configuration of container limits. */
export interface LimitRules {
  /** The period of CPU quotas in microseconds; without it there are no quotas. */
  readonly cfsPeriod: number | undefined;
  /** Additional files of a container's cgroup; version 2 only. */
  readonly unified?: (pod: Pod, container: Container) => Readonly<Record<string, string>>;
}

export interface UnifiedOptions {
  /** `LimitedSwap` lets burstable containers swap. */
  readonly limitedSwap: boolean;
  /** Whether the kernel counts swap by group. */
  readonly swapAccounted: boolean;
  readonly swapBytes: number;
  readonly memoryBytes: number;
  /** Whether the OOM killer kills only the offending process instead of the whole container. */
  readonly singleProcessOomKill: boolean;
}

/**
 * A container's swap limit: none, or with `LimitedSwap` a share of the machine's swap equal to the share of its request
 * in the machine's memory, for burstable pods that are not critical and containers whose limit exceeds the request
 * (upstream: swapConfigurationHelper).
 */
export function unifiedRules(options: UnifiedOptions): NonNullable<LimitRules['unified']> {
  const { limitedSwap, swapAccounted, swapBytes, memoryBytes, singleProcessOomKill } = options;
  return (pod, { resources }) => {
    const request = unitsOf(resources?.requests?.memory) ?? 0;
    const maySwap =
      limitedSwap &&
      qosOf(pod) === 'Burstable' &&
      !isCritical(pod) &&
      request > 0 &&
      milliOf(resources?.requests?.memory) !== milliOf(resources?.limits?.memory);
    const swap = maySwap ? Math.floor((request / memoryBytes) * swapBytes) : 0;
    return {
      ...(swapAccounted ? { [swapFile]: String(swap) } : {}),
      ...(singleProcessOomKill ? {} : { 'memory.oom.group': '1' }),
    };
  };
}

/** The configured rules, as far as this machine supports them. */
export async function hostLimits({
  config,
  machine,
  layout,
}: {
  readonly config: CompleteConfiguration;
  readonly machine: Machine;
  readonly layout: CgroupLayout;
}): Promise<LimitRules> {
  const cfsPeriod = config.cpuCFSQuota ? (parseDuration(config.cpuCFSQuotaPeriod) ?? 100) * 1000 : undefined;
  if (layout.version === 1) return { cfsPeriod };
  const unified = unifiedRules({
    limitedSwap: config.memorySwap.swapBehavior === 'LimitedSwap',
    swapAccounted: await accountsSwap(layout.root),
    swapBytes: machine.swapBytes,
    memoryBytes: machine.memoryBytes,
    singleProcessOomKill: config.singleProcessOOMKill ?? false,
  });
  return { cfsPeriod, unified };
}

/** Whether the kernel counts swap by group: then every group but the root has a file for it. */
async function accountsSwap(root: string): Promise<boolean> {
  const [, own = '/'] = /^0::(.*)$/m.exec(await readFile('/proc/self/cgroup', 'utf8')) ?? [];
  if (own !== '/') return existsSync(`${root}${own}/${swapFile}`);
  const entries = await readdir(root, { withFileTypes: true });
  return entries.some((entry) => entry.isDirectory() && existsSync(`${root}/${entry.name}/${swapFile}`));
}
