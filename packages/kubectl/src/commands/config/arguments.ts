import { helpText } from '../../help/help.ts';
import { PlainError } from '../../io.ts';

/** Returns the arguments if their number is right. Otherwise throws upstream's output: help, and the error. */
export async function exactly(
  count: number,
  positional: readonly string[],
  command: string,
): Promise<readonly string[]> {
  if (positional.length !== count) throw await withHelp(command, `Unexpected args: [${positional.join(' ')}]`);
  return positional;
}

/** Shows the command's usage; a failure only with a message. */
export const withHelp = async (command: string, message = ''): Promise<PlainError> =>
  new PlainError(message === '' ? '' : `error: ${message}\n`, message === '' ? 0 : 1, await helpText(command));
