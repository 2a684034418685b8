import { type Command, globalFlags } from './command.ts';
import { aliases, commandTable } from './commands/command-table.ts';

export interface FoundCommand {
  readonly name: string;
  readonly args: readonly string[];
  load(): Promise<Command>;
}

/** Words of the longest command, `create secret generic`. */
const longestCommand = 3;

/** Where the first word is: global flags may stand before the command, as in `kubectl -n kube-system get pods`. */
export function firstWordAt(args: readonly string[]): number {
  let at = 0;
  while (at < args.length && (args[at] as string).startsWith('-') && args[at] !== '--') {
    const [name = ''] = (args[at] as string).replace(/^--?/, '').split('=');
    const spec = Object.entries(globalFlags).find(
      ([long, flag]) => long === name || ('short' in flag && flag.short === name),
    );
    at += spec && spec[1].type !== 'boolean' && !(args[at] as string).includes('=') ? 2 : 1;
  }
  return at;
}

export function findCommand(args: readonly string[]): FoundCommand | undefined {
  const at = firstWordAt(args);
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

/** Whether the words are a command, or begin longer ones. */
export const isCommand = (words: string): boolean =>
  Object.hasOwn(commandTable, aliases[words] ?? words) || isGroup(words);

/** Whether longer commands begin with these words. */
export const isGroup = (words: string): boolean =>
  Object.keys(commandTable).some((name) => name.startsWith(`${words} `));
