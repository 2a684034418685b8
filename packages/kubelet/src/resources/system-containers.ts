import { type Clock, timestamp } from '@typernetes/base';
import type { GroupTotal } from '../runtime/group-total.ts';

/** What `/stats/summary` says about a cgroup that is not a container's (upstream: SystemContainerStats). */
export interface SystemContainer {
  readonly name: string;
  readonly startTime: string;
  readonly cpu: { readonly time: string; readonly usageNanoCores: number; readonly usageCoreNanoSeconds: number };
  readonly memory: Omit<GroupTotal, 'cpuNanoSeconds'> & { readonly time: string };
}

/** How to read the groups, by upstream's names: `pods`, `kubelet`. */
export type SystemGroups = Readonly<Record<string, () => Promise<GroupTotal | undefined>>>;

/** Samples that are closer together say nothing about a rate. */
const leastSpanMs = 1_000;

/** Reads what groups use, and remembers their last looks: a rate needs two. */
export class SystemContainers {
  readonly #groups: SystemGroups;
  readonly #clock: Clock;
  readonly #startTime: string;
  readonly #last = new Map<string, { readonly atMs: number; readonly cpu: number; readonly rate: number }>();

  constructor(groups: SystemGroups, clock: Clock) {
    this.#groups = groups;
    this.#clock = clock;
    this.#startTime = timestamp(clock.now());
  }

  /** The groups that exist. */
  async read(): Promise<readonly SystemContainer[]> {
    const read = await Promise.all(
      Object.entries(this.#groups).map(async ([name, total]) => {
        const found = await total();
        return found ? [this.#summary(name, found)] : [];
      }),
    );
    return read.flat();
  }

  #summary(name: string, { cpuNanoSeconds, ...memory }: GroupTotal): SystemContainer {
    const time = timestamp(this.#clock.now());
    const usageNanoCores = this.#rate(name, cpuNanoSeconds);
    return {
      name,
      startTime: this.#startTime,
      cpu: { time, usageNanoCores, usageCoreNanoSeconds: cpuNanoSeconds },
      memory: { time, ...memory },
    };
  }

  #rate(name: string, cpu: number): number {
    const atMs = this.#clock.monotonic();
    const before = this.#last.get(name);
    const spanMs = before ? atMs - before.atMs : 0;
    if (before && spanMs < leastSpanMs) return before.rate;
    const rate = before ? Math.max(Math.round(((cpu - before.cpu) * 1000) / spanMs), 0) : 0;
    this.#last.set(name, { atMs, cpu, rate });
    return rate;
  }
}
