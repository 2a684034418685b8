import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { codeOf } from '@typernetes/base';
import type { StackProfile } from './stack-profile.ts';

/** The event loop's active resources, by kind: sockets, timers, files. Takes the place of Go's waiting goroutines. */
export function resourceProfile(takenAt: number): StackProfile {
  return counted('goroutine', process.getActiveResourcesInfo(), takenAt);
}

/** The threads of this process by name; none if the system does not provide them. */
export function threadProfile(takenAt: number): StackProfile {
  return counted('threadcreate', threadNames(), takenAt);
}

/** Lock contention: JavaScript runs in one thread, which has none. */
export function contentionProfile(takenAt: number): StackProfile {
  const measures = [
    { type: 'contentions', unit: 'count' },
    { type: 'delay', unit: 'nanoseconds' },
  ];
  return { measures, samples: [], takenAt, period: { type: 'contentions', unit: 'count', length: 1 } };
}

function counted(type: string, names: readonly string[], takenAt: number): StackProfile {
  const counts = new Map<string, number>();
  for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1);
  return {
    measures: [{ type, unit: 'count' }],
    samples: [...counts]
      .sort(([, a], [, b]) => b - a)
      .map(([name, count]) => ({ stack: [{ name, file: '', line: 0 }], values: [count] })),
    takenAt,
    period: { type, unit: 'count', length: 1 },
  };
}

const tasks = '/proc/self/task';

function threadNames(): string[] {
  try {
    return readdirSync(tasks).map((id) => readFileSync(join(tasks, id, 'comm'), 'utf8').trimEnd());
  } catch (error) {
    // Not on Linux, or a thread that has just ended.
    if (['ENOENT', 'ESRCH'].includes(codeOf(error) ?? '')) return [];
    throw error;
  }
}

/** The process's command line, with a NUL after each part but the last. */
export function commandLine(): string {
  try {
    return readFileSync('/proc/self/cmdline', 'utf8').replace(/\0$/, '');
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return process.execPath; // not on Linux
    throw error;
  }
}
