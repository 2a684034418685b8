import { type Command, globalFlags } from './command.ts';
import { aliases, commandTable } from './commands/command-table.ts';

export interface FoundCommand {
  readonly name: string;
  readonly args: readonly string[];
  load(): Promise<Command>;
}

/** Words of the longest command, `create secret generic`. */
const longestCommand = 3;

/** Global flags may stand before the command, as in `kubectl -n kube-system get pods`. */
export function findCommand(args: readonly string[]): FoundCommand | undefined {
  let at = 0;
  while (at < args.length && (args[at] as string).startsWith('-') && args[at] !== '--') {
    const [name = ''] = (args[at] as string).replace(/^--?/, '').split('=');
    const spec = Object.entries(globalFlags).find(
      ([long, flag]) => long === name || ('short' in flag && flag.short === name),
    );
    at += spec && spec[1].type !== 'boolean' && !(args[at] as string).includes('=') ? 2 : 1;
  }
  const rest = args.slice(at);
  let found: FoundCommand | undefined;
  let words = '';
  for (const word of rest.slice(0, longestCommand)) {
    const longer = words === '' ? word : `${words} ${word}`;
    words = aliases[longer] ?? longer;
    const load = Object.hasOwn(commandTable, words) ? commandTable[words] : undefined;
    const used = words.split(' ').length;
    // A word that only starts longer commands, the `secret` of `create secret tls`, is no argument of the shorter one.
    if (!load && isGroup(words)) found = undefined;
    if (load) found = { name: words, args: [...args.slice(0, at), ...rest.slice(used)], load };
  }
  return found;
}

/** Whether longer commands begin with these words. */
export const isGroup = (words: string): boolean =>
  Object.keys(commandTable).some((name) => name.startsWith(`${words} `));
