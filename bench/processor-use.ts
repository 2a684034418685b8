import { readFileSync } from 'node:fs';

/** Starts measuring the CPU use of the whole machine; the returned function gives it, in percent of all processors. */
export function processorUse(): () => number {
  const before = times();
  return () => {
    const after = times();
    return Math.round((100 * (after.busy - before.busy)) / Math.max(after.total - before.total, 1));
  };
}

function times(): { busy: number; total: number } {
  const [first = ''] = readFileSync('/proc/stat', 'utf8').split('\n');
  const [user = 0, nice = 0, system = 0, idle = 0, wait = 0, irq = 0, softirq = 0, steal = 0] = first
    .trim()
    .split(/\s+/)
    .slice(1)
    .map(Number);
  const busy = user + nice + system + irq + softirq + steal;
  return { busy, total: busy + idle + wait };
}
