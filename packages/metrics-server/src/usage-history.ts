import type { PodKey, Point, Reading } from './reading.ts';

/** The usage between two readings. */
export interface Usage {
  /** Mean CPU usage in nanocores. */
  readonly cpuNanos: number;
  readonly memoryBytes: number;
  /** The time of the later reading, in milliseconds since the epoch. */
  readonly at: number;
  /** Milliseconds between the readings. */
  readonly windowMs: number;
}

interface Pair {
  readonly last: Point;
  readonly before?: Point | undefined;
}

/** A container that has run this long already has a usage at its first reading: that since its start. */
const freshContainerMs = 10_000;

/**
 * The last two readings of everything that answered in the last round; usage is the difference. What did not answer is
 * dropped, so that nobody takes old figures for new ones.
 */
export class UsageHistory {
  readonly #resolutionMs: number;
  #nodes: ReadonlyMap<string, Pair> = new Map();
  #pods: ReadonlyMap<PodKey, ReadonlyMap<string, Pair>> = new Map();

  constructor(resolutionMs: number) {
    this.#resolutionMs = resolutionMs;
  }

  /** Takes the readings of a round, by node; those of nodes that did not answer are dropped. */
  replace(readings: ReadonlyMap<string, Reading>): void {
    const nodes = new Map<string, Pair>();
    const pods = new Map<PodKey, ReadonlyMap<string, Pair>>();
    for (const [name, reading] of readings) {
      if (reading.node) nodes.set(name, followed(reading.node, this.#nodes.get(name)));
      for (const [key, containers] of reading.pods) {
        const earlier = this.#pods.get(key);
        pods.set(key, new Map([...containers].map(([of, point]) => [of, this.#container(point, earlier?.get(of))])));
      }
    }
    this.#nodes = nodes;
    this.#pods = pods;
  }

  /** Undefined until there are two readings. */
  node(name: string): Usage | undefined {
    const pair = this.#nodes.get(name);
    return pair && usageOf(pair);
  }

  /** By container; undefined until all of them have two readings. */
  pod(key: PodKey): ReadonlyMap<string, Usage> | undefined {
    const pairs = this.#pods.get(key);
    if (!pairs) return undefined;
    const usages = [...pairs].map(([name, pair]) => [name, usageOf(pair)] as const);
    const known = usages.filter((entry): entry is readonly [string, Usage] => entry[1] !== undefined);
    return known.length === usages.length ? new Map(known) : undefined;
  }

  /** Whether there is any usage yet. */
  get isReady(): boolean {
    return [...this.#nodes.values()].some(({ before }) => before !== undefined);
  }

  #container(point: Point, earlier: Pair | undefined): Pair {
    const { startedAt, at } = point;
    const age = startedAt === undefined ? Number.POSITIVE_INFINITY : at - startedAt;
    if (startedAt !== undefined && age >= freshContainerMs && age < this.#resolutionMs)
      return { last: point, before: { ...point, at: startedAt, cpuSeconds: 0 } };
    // A container that has started since the earlier reading is a new one.
    if (earlier && startedAt !== undefined && startedAt >= earlier.last.at) return { last: point };
    return followed(point, earlier);
  }
}

/** A kubelet that has not measured again repeats its last measurement. */
function followed(point: Point, earlier: Pair | undefined): Pair {
  if (!earlier) return { last: point };
  return point.at > earlier.last.at ? { last: point, before: earlier.last } : earlier;
}

function usageOf({ last, before }: Pair): Usage | undefined {
  if (!before) return undefined;
  const [windowMs, seconds] = [last.at - before.at, last.cpuSeconds - before.cpuSeconds];
  // The clock was set back, or the counter was reset.
  if (windowMs <= 0 || seconds < 0) return undefined;
  return { cpuNanos: Math.floor((seconds * 1e12) / windowMs), memoryBytes: last.memoryBytes, at: last.at, windowMs };
}
