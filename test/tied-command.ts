/**
 * A command line that runs another one as a process that never outlives this one, however this one ends: a test ended
 * by a signal has no time to stop what it has started. The process id stays the same; processes that the other one
 * starts are its own responsibility.
 */
export function tied(command: readonly [file: string, ...args: string[]]): [file: string, args: string[]] {
  return ['setpriv', ['--pdeathsig', 'KILL', ...command]];
}
