import { readFileSync } from 'node:fs';
import { codeOf } from '@typernetes/base';

/** Identifies a process for good: the kernel reuses process numbers, but not together with the same start time. */
export interface ProcessIdentity {
  readonly pid: number;
  /** Clock ticks since boot. */
  readonly startTime: string;
}

/** Throws when there is no such process. */
export function identifyProcess(pid: number): ProcessIdentity {
  const startTime = startTimeOf(pid);
  if (startTime === undefined) throw new Error(`Cannot identify process ${pid}: it is gone`);
  return { pid, startTime };
}

/** Whether this process still runs. A zombie does not count. */
export const isSameProcess = (process: ProcessIdentity): boolean => startTimeOf(process.pid) === process.startTime;

function startTimeOf(pid: number): string | undefined {
  let stat: string;
  try {
    stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  } catch (error) {
    if (codeOf(error) !== 'ENOENT' && codeOf(error) !== 'ESRCH') throw error;
    return undefined;
  }
  // The name, in parentheses, may contain anything. After it, the state is field 3 and the start time field 22.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return fields[0] === 'Z' || fields[0] === 'X' ? undefined : fields[19];
}
