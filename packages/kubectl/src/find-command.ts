import type { Command } from './command.ts';
import { aliases, commandTable } from './commands/command-table.ts';
import { globalFlags } from './global-flags.ts';

export interface FoundCommand {
  readonly name: string;
  readonly args: readonly string[];
  load(): Promise<Command>;
}

/**
 * Flags, by the names that they may be written with, that stand alone: of every command, and of those whose words begin longer ones. Of all
 * others the next word is the value (as in cobra); `--help` is none of them yet when commands are looked for. Written down here so that no command is loaded.
 */
export const standsAlone: Readonly<Record<string, ReadonlySet<string>>> = {
  '': new Set(['disable-compression', 'insecure-skip-tls-verify', 'match-server-version', 'warnings-as-errors']),
  apply: new Set(
    'R all allow-missing-template-keys cascade dry-run force force-conflicts openapi-patch overwrite prune record recursive server-side show-managed-fields validate wait'.split(
      ' ',
    ),
  ),
  create: new Set(
    'R allow-missing-template-keys dry-run edit record recursive save-config show-managed-fields validate windows-line-endings'.split(
      ' ',
    ),
  ),
};

/** The index of the first word: global flags may precede the command, as in `kubectl -n kube-system get pods`. */
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
  let words = '';
  for (let next = 0; next >= 0; next = isGroup(words) ? nextWordAt(rest, words) : -1) {
    const longer = words === '' ? rest[next] : `${words} ${rest[next]}`;
    const known = longer === undefined ? '' : (aliases[longer] ?? longer);
    if (!isCommand(known)) break;
    words = known;
    rest.splice(next, 1);
  }
  const load = Object.hasOwn(commandTable, words) ? commandTable[words] : undefined;
  return load && { name: words, args: [...args.slice(0, at), ...rest], load };
}

/** The index of the next word of a command, after flags and their values. */
export function nextWordAt(args: readonly string[], words: string): number {
  for (let at = 0; at < args.length; at++) {
    const arg = args[at] as string;
    if (arg === '--') return -1;
    if (!arg.startsWith('-')) {
      if (arg !== '') return at;
      continue;
    }
    if (!takesNext(arg, words)) continue;
    // The last word of the line is a value.
    if (at + 2 >= args.length) return -1;
    at++;
  }
  return -1;
}

function takesNext(flag: string, words: string): boolean {
  if (flag.includes('=') || (!flag.startsWith('--') && flag.length !== 2)) return false;
  const name = flag.replace(/^--?/, '');
  return !standsAlone['']?.has(name) && !(Object.hasOwn(standsAlone, words) && standsAlone[words]?.has(name));
}

/** Whether the words are a command, or the beginning of one. */
export const isCommand = (words: string): boolean =>
  Object.hasOwn(commandTable, aliases[words] ?? words) || isGroup(words);

/** Whether there are longer commands that begin with these words. */
export const isGroup = (words: string): boolean =>
  Object.keys(commandTable).some((name) => name.startsWith(`${words} `));
