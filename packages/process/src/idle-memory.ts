import { getHeapStatistics, setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import type { Clock, Runnable } from '@typernetes/base';

/** The interval of checks, in milliseconds, and the thresholds of busy and quiet, in shares of a core. */
const rules = { lookMs: 10_000, busy: 0.2, quiet: 0.1, growth: 1.3 } as const;

/** The measurements of one check. */
interface Sight {
  /** Processor time since the last look, as a share of a core. */
  readonly share: number;
  /** Memory of V8's heap. */
  readonly heapBytes: number;
}

/** The state between checks. */
interface IdleState {
  /** Something happened since everything was collected. */
  readonly wasBusy: boolean;
  /** The heap after that. */
  readonly heapBytes: number;
}

/** The start is a busy time. */
export const atStart: IdleState = { wasBusy: true, heapBytes: 0 };

/** Whether to collect garbage now: once after each busy period, and when much has accumulated without one. */
export function isTimeToCollect({ wasBusy, heapBytes }: IdleState, sight: Sight): boolean {
  return sight.share < rules.quiet && (wasBusy || sight.heapBytes > heapBytes * rules.growth);
}

/**
 * Keeps the memory of a mostly idle program small. V8 lets its young generation grow to many times what such a program
 * needs and collects the old one only when it runs short of space, which never happens. So from the first check on the
 * young generation may not grow any more (not from the start: a small one slows starting down), and everything is
 * collected when the program has become quiet.
 */
export function idleMemory(clock: Clock, cpuSeconds = spentSeconds): Runnable {
  return {
    name: 'idle-memory',
    run: async (signal) => {
      let state = atStart;
      let [used, at] = [cpuSeconds(), clock.monotonic()];
      while (!signal.aborted) {
        await clock.sleep(rules.lookMs, signal).catch(() => {});
        if (signal.aborted) return;
        setFlagsFromString('--semi-space-growth-factor=1');
        const share = ((cpuSeconds() - used) * 1000) / Math.max(clock.monotonic() - at, 1);
        if (share > rules.busy) state = { ...state, wasBusy: true };
        if (isTimeToCollect(state, { share, heapBytes: heapBytes() })) {
          collectEverything();
          state = { wasBusy: false, heapBytes: heapBytes() };
        }
        // The CPU time of the collection itself does not count as activity.
        [used, at] = [cpuSeconds(), clock.monotonic()];
      }
    },
  };
}

/** Processor time of this process. */
export function spentSeconds(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
}

const heapBytes = (): number => getHeapStatistics().total_heap_size;

/** Collects all garbage and compacts the heap: half-empty pages are released too. */
export function collectEverything(): void {
  setFlagsFromString('--expose-gc');
  setFlagsFromString('--compact-on-every-full-gc');
  const collect: unknown = runInNewContext('gc');
  if (typeof collect === 'function') collect();
  setFlagsFromString('--no-compact-on-every-full-gc');
  setFlagsFromString('--no-expose-gc');
}
