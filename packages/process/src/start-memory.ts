import type { Clock } from '@typernetes/base';
import { collectEverything } from './idle-memory.ts';

/** When what a program does once is done and forgotten. */
const afterMs = 10_000;

/**
 * Gives the memory back that starting took, once the program has been up for a while. V8 keeps its young generation as large as it was at
 * its busiest until it collects everything, which an idle program gives it no reason to. The result cancels it.
 */
export function returnStartMemory(clock: Clock): () => void {
  return clock.after(afterMs, collectEverything);
}
