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

/** What version 2 of control groups calls the limit of a group's swap. */
export const swapFile = 'memory.swap.max';

/** What the node's configuration says of the limits of all containers. */
export interface LimitRules {
  /** What quotas of processor time are measured over, in microseconds; without one there are none. */
  readonly cfsPeriod: number | undefined;
  /** What a container's group is told besides, by the names of its files: version 2 of control groups alone. */
  readonly unified?: (pod: Pod, container: Container) => Readonly<Record<string, string>>;
}

export interface UnifiedOptions {
  /** `LimitedSwap` lets burstable containers swap. */
  readonly limitedSwap: boolean;
  /** Whether the kernel counts swap by group. */
  readonly swapAccounted: boolean;
  readonly swapBytes: number;
  readonly memoryBytes: number;
  /** Whether only the process that is too big is killed, and not its container. */
  readonly singleProcessOomKill: boolean;
}

/**
 * Swap of a container: none, or with `LimitedSwap` as big a part of the machine's as its request is of the machine's memory, for burstable
 * pods that are not critical and containers that may use more than they ask for (upstream: swapConfigurationHelper).
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

/** What the configuration says, as far as this machine can do it. */
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
