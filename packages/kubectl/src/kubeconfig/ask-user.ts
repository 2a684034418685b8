import { ConfigurationError } from '@typernetes/client';
import type { Io } from '../io.ts';

/**
 * Prompts for user name and password, as client-go does if a kubeconfig's user has no credentials. Throws upstream's
 * error at the end of input, and if the password could not be hidden.
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
