import { readFile } from 'node:fs/promises';
import type { Clock } from '@typernetes/base';

/** The processors' work: all since the machine started, and per second of late. */
export interface NodeCpu {
  readonly usageCoreNanoSeconds: number;
  /** 0 at the first look: a rate needs two. */
  readonly usageNanoCores: number;
}

/** `user nice system idle iowait irq softirq steal`, in hundredths of a second. */
function busyNanoSeconds(stat: string): number {
  const [user = 0, nice = 0, system = 0, , , irq = 0, softirq = 0, steal = 0] = (/^cpu +(.*)$/m.exec(stat)?.[1] ?? '')
    .split(' ')
    .map(Number);
  return (user + nice + system + irq + softirq + steal) * 1e7;
}

/** Remembers the last look at the processors. */
export class NodeCpuReader {
  readonly #clock: Clock;
  #last: { readonly atMs: number; readonly busy: number; readonly rate: number } | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  async read(): Promise<NodeCpu> {
    const busy = busyNanoSeconds(await readFile('/proc/stat', 'utf8'));
    const atMs = this.#clock.monotonic();
    const before = this.#last;
    const seconds = before ? (atMs - before.atMs) / 1000 : 0;
    // Two samples in quick succession say nothing about the rate.
    if (!before || seconds >= 1)
      this.#last = { atMs, busy, rate: before ? Math.round((busy - before.busy) / seconds) : 0 };
    return { usageCoreNanoSeconds: busy, usageNanoCores: this.#last?.rate ?? 0 };
  }
}
