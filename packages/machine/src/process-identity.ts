import { readFileSync } from 'node:fs';
import { codeOf } from '@typernetes/base';

/** A process for good: its number may be given to another one later, but not together with the time at which it started. */
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

/** Whether that very process still runs. A zombie does not. */
export const isSameProcess = (process: ProcessIdentity): boolean => startTimeOf(process.pid) === process.startTime;

function startTimeOf(pid: number): string | undefined {
  let stat: string;
  try {
    stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  } catch (error) {
    if (codeOf(error) !== 'ENOENT' && codeOf(error) !== 'ESRCH') throw error;
    return undefined;
  }
  // The name, in parentheses, may hold anything. Behind it: state is field 3, start time field 22.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return fields[0] === 'Z' || fields[0] === 'X' ? undefined : fields[19];
}
