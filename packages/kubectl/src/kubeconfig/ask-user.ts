import { ConfigurationError } from '@typernetes/client';
import type { Io } from '../io.ts';

/**
 * Asks who wants to talk to a server, as client-go does for a user of whom a kubeconfig says nothing that a server could believe. Throws with upstream's
 * words where nobody answers, or where a password could be seen.
 */
export function askUser({ out, stdin }: Pick<Io, 'out' | 'stdin'>): { username: string; password: string } {
  out('Please enter Username: ');
  const username = stdin.word();
  if (username === undefined) throw new ConfigurationError('EOF');
  const prompt = 'Please enter Password: ';
  if (!stdin.isTerminal) {
    out(prompt);
    throw new Error('error reading input for Password');
  }
  const password = stdin.hiddenLine(prompt);
  if (password === undefined) throw new ConfigurationError('EOF');
  return { username, password };
}
