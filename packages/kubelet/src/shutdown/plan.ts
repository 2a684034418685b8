import type { Pod } from '@typernetes/api/core/v1';
import { parseDuration } from '@typernetes/process';
import type { CompleteConfiguration } from '../config/defaults.ts';

/** Pods of this priority and above, up to the next group, get this long. */
export interface ShutdownPeriod {
  readonly priority: number;
  readonly seconds: number;
}

const systemCritical = 2_000_000_000;

/**
 * The shutdown periods by priority, lowest first; empty when the node does not wait for its pods (upstream:
 * migrateConfig).
 */
export function shutdownPeriods(
  config: Pick<
    CompleteConfiguration,
    'shutdownGracePeriod' | 'shutdownGracePeriodCriticalPods' | 'shutdownGracePeriodByPodPriority'
  >,
): readonly ShutdownPeriod[] {
  const byPriority = config.shutdownGracePeriodByPodPriority ?? [];
  if (byPriority.length > 0)
    return byPriority
      .map(({ priority, shutdownGracePeriodSeconds: seconds }) => ({ priority, seconds }))
      .sort((a, b) => a.priority - b.priority);
  const seconds = (text: string): number => Math.floor((parseDuration(text) ?? 0) / 1000);
  const [all, critical] = [seconds(config.shutdownGracePeriod), seconds(config.shutdownGracePeriodCriticalPods)];
  if (all === 0) return [];
  return [
    { priority: 0, seconds: all - critical },
    { priority: systemCritical, seconds: critical },
  ];
}

/** The pods by their periods, in the order in which they go; those below the lowest go with it. */
export function shutdownGroups(
  pods: readonly Pod[],
  periods: readonly ShutdownPeriod[],
): readonly { readonly seconds: number; readonly pods: readonly Pod[] }[] {
  return periods.map(({ priority, seconds }, at) => {
    const next = periods[at + 1]?.priority ?? Number.POSITIVE_INFINITY;
    const own = pods.filter(({ spec }) => {
      const value = spec?.priority ?? 0;
      return value < next && (value >= priority || at === 0);
    });
    return { seconds, pods: own };
  });
}

/**
 * How long to wait after the grace period for the runtime to kill a container: on a busy machine that takes seconds. A
 * kubelet that did not wait would leave the container running, and nobody would learn of its end.
 */
export const killSeconds = 5;

/** The maximum duration of the node's shutdown in seconds, without {@link killSeconds}. */
export const totalSeconds = (periods: readonly ShutdownPeriod[]): number =>
  periods.reduce((sum, { seconds }) => sum + seconds, 0);
