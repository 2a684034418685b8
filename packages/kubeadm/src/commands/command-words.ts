import type { FlagSpecs } from '@typernetes/process';
import { type Command, globalFlags } from './command.ts';
import { commandsBelow, sharedFlags } from './help.ts';

/** Other names of first words. */
const otherNames: Readonly<Record<string, string>> = { certificates: 'certs' };

/** A command line, taken apart as cobra does it. */
export interface CommandWords {
  /** The words that lead to a command or to a group of them; `help` alone, too. */
  readonly words: readonly string[];
  /** Flags and arguments, in their order. */
  readonly rest: readonly string[];
}

/** Finds the words of a command, between and behind which flags may stand: a flag that takes a value takes the next word. */
export function commandWords(commands: readonly Command[], args: readonly string[]): CommandWords {
  const words: string[] = [];
  const rest = [...args];
  for (;;) {
    const at = nextWord(rest, flagsAt(commands, words));
    const word = otherNames[rest[at] ?? ''] ?? rest[at];
    if (word === undefined || !leadsOn(commands, [...words, word])) return { words, rest };
    words.push(word);
    rest.splice(at, 1);
  }
}

/** The flags that may stand behind these words: those of the command, or of a whole group, and of the program. */
export function flagsAt(commands: readonly Command[], words: readonly string[]): FlagSpecs {
  const command = commands.find(({ path }) => path === words.join(' '));
  const own = command?.flags ?? (words.length === 0 ? {} : sharedFlags(commandsBelow(commands, words)));
  return { ...own, ...globalFlags };
}

const leadsOn = (commands: readonly Command[], words: readonly string[]): boolean =>
  words.join(' ') === 'help' ||
  commands.some(({ path }) => path === words.join(' ')) ||
  commandsBelow(commands, words).length > 0;

/** The place of the first word that is neither a flag nor the value of one; their number when there is none. */
export function nextWord(args: readonly string[], flags: FlagSpecs): number {
  for (let i = 0; i < args.length; i++) {
    const arg = args[i] ?? '';
    if (arg === '--') break;
    if (!arg.startsWith('-') || arg === '-') return i;
    if (takesNext(arg, flags)) i++;
  }
  return args.length;
}

/** Unknown flags count as such that take a value. */
function takesNext(arg: string, flags: FlagSpecs): boolean {
  if (arg.includes('=') || (!arg.startsWith('--') && arg.length > 2)) return false;
  const spec = arg.startsWith('--') ? flags[arg.slice(2)] : Object.values(flags).find(({ short }) => short === arg[1]);
  return spec === undefined || (spec.type !== 'boolean' && spec.valueWhenBare === undefined);
}
