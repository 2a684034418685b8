import type { Clock } from '@typernetes/base';
import { collectEverything, spentSeconds } from './idle-memory.ts';

/** When what a program does once is done and forgotten; how often it is looked whether it has a moment for it. */
const lookMs = 10_000;
/** Above this share of a core the program is too busy: a collection would hold up its work. */
const busyShare = 0.3;

/**
 * Releases the memory that start-up took, once the program has been running for a while and has little to do. V8 keeps
 * its young generation as large as it was at its busiest until a full collection, for which an idle program gives it no
 * reason. The result cancels it.
 */
export function returnStartMemory(clock: Clock, cpuSeconds = spentSeconds): () => void {
  const lookLater = (used: number): (() => void) =>
    clock.after(lookMs, () => {
      const now = cpuSeconds();
      if (((now - used) * 1000) / lookMs > busyShare) cancel = lookLater(now);
      else collectEverything();
    });
  let cancel = lookLater(cpuSeconds());
  return () => cancel();
}
