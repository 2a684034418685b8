/**
 * A command line that runs another one as a process that never outlives this one, however this one ends: a test that is ended by a signal
 * has no time to end what it has started. The process id stays the same; what the other one starts in its turn is its own business.
 */
export function tied(command: readonly [file: string, ...args: string[]]): [file: string, args: string[]] {
  return ['setpriv', ['--pdeathsig', 'KILL', ...command]];
}
