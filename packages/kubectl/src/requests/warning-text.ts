import type { Surroundings } from '../session.ts';

/** Whether to use colours on standard error: on a capable terminal, unless NO_COLOR is set (https://no-color.org/). */
function showsColors({ io, environment }: Warned): boolean {
  return io.errIsTerminal === true && environment.TERM !== 'dumb' && environment.NO_COLOR === undefined;
}

export type Warned = Pick<Surroundings, 'environment'> & { readonly io: Pick<Surroundings['io'], 'errIsTerminal'> };

/** A warning in upstream's format, with the word in yellow on a terminal. */
export function warningText(text: string, session: Warned): string {
  return showsColors(session) ? `\u001b[33;1mWarning:\u001b[0m ${text}\n` : `Warning: ${text}\n`;
}
