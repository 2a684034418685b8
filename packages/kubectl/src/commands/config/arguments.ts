import { helpText } from '../../help/help.ts';
import { PlainError } from '../../io.ts';

/** The arguments, when there are as many as the command takes. Throws what upstream shows otherwise: help, and what is wrong. */
export async function exactly(
  count: number,
  positional: readonly string[],
  command: string,
): Promise<readonly string[]> {
  if (positional.length !== count) throw await withHelp(command, `Unexpected args: [${positional.join(' ')}]`);
  return positional;
}

/** Shows how the command is used; without a message that is no failure. */
export const withHelp = async (command: string, message = ''): Promise<PlainError> =>
  new PlainError(message === '' ? '' : `error: ${message}\n`, message === '' ? 0 : 1, await helpText(command));
