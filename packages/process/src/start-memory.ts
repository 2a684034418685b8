import type { Clock } from '@typernetes/base';
import { collectEverything, spentSeconds } from './idle-memory.ts';

/** When what a program does once is done and forgotten; how often it is looked whether it has a moment for it. */
const lookMs = 10_000;
/** A program that takes more of a core has no moment: what it needs would be taken from it, and collecting holds up everything. */
const busyShare = 0.3;

/**
 * Gives the memory back that starting took, once the program has been up for a while and has little to do. V8 keeps its young generation as
 * large as it was at its busiest until it collects everything, which an idle program gives it no reason to. The result cancels it.
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
