import { execFile } from 'node:child_process';
import { aliases, commandTable } from '../commands/command-table.ts';
import { isGroup } from '../find-command.ts';
import { pluginShort, pluginsOn, programOn, wordsOf } from '../plugins/plugins.ts';
import type { Surroundings } from '../session.ts';
import type { Completion } from './completion.ts';

/** The first words of plugins that are not commands, with descriptions. */
export async function pluginWords({ environment }: Pick<Surroundings, 'environment'>): Promise<[string, string][]> {
  const words = new Set((await pluginsOn(environment.PATH)).map((plugin) => wordsOf(plugin)[0] ?? ''));
  return [...words].filter((word) => !isKnown(word)).map((word) => [word, pluginShort(word)]);
}

const isKnown = (word: string): boolean =>
  Object.hasOwn(commandTable, word) || isGroup(word) || ['', 'help'].includes(word);

/** Whether the words may belong to a plugin: the first is not a command, and another one follows. */
export function mayBePlugin(words: readonly string[]): boolean {
  const [first = '-'] = words;
  return words.length > 1 && !first.startsWith('-') && !isKnown(first) && !Object.hasOwn(aliases, first);
}

/**
 * The choices for the end of a plugin's line: words of longer plugin names, then the output of the program `kubectl_complete-NAME` for the
 * arguments. A last line `:N` of it is the directive for the shell.
 */
export async function completePlugin(words: readonly string[], deps: Surroundings): Promise<Completion> {
  const { environment, io } = deps;
  const debug = (text: string): void => io.err(`[Debug] ${text}\n`);
  debug('Cleared global flags for plugin completion');
  const plugins = (await pluginsOn(environment.PATH)).map(wordsOf);
  const begins = (path: readonly string[]): string[][] =>
    plugins.filter((plugin) => path.every((word, i) => plugin[i] === word));
  const given = words.slice(0, -1);
  const last = words.at(-1) ?? '';
  let length = 0;
  while (length < given.length && begins(given.slice(0, length + 1)).length > 0) length++;
  if (length === 0) {
    debug(`[Error] unable to find a command for arguments: [${given.join(' ')}]`);
    return { words: [], files: true };
  }
  const path = given.slice(0, length);
  const args = given.slice(length);
  const longer = new Set(args.length > 0 ? [] : begins(path).flatMap((plugin) => plugin[length] ?? []));
  const offered = [...longer]
    .filter((word) => word.startsWith(last))
    .sort()
    .map((word): [string, string] => [word, pluginShort(word)]);
  const name = path.map((word) => word.replaceAll('-', '_')).join('-');
  debug(`About to look for: kubectl_complete-${name}`);
  const program = await programOn(environment.PATH, `kubectl_complete-${name}`);
  if (!program) {
    debug(`Plugin kubectl-${name} does not provide a matching completion executable`);
    return { words: offered, files: true, asTheyAre: true };
  }
  debug(`About to call: ${program} ${[...args, last].join(' ')}`);
  const said = await linesOf(program, [...args, last], deps);
  const directive = /^:(\d+)$/.exec(said.at(-1) ?? '')?.[1];
  const found = directive === undefined ? said : said.slice(0, -1);
  return { words: [...offered, ...found], files: true, asTheyAre: true, directive: Number(directive ?? 0) };
}

/** The program's output lines; none if it fails. */
function linesOf(program: string, args: readonly string[], { environment, io }: Surroundings): Promise<string[]> {
  return new Promise((resolve) => {
    execFile(program, args, { env: { ...environment } }, (error, out, err) => {
      io.err(err);
      resolve(error ? [] : out.split('\n').filter((line) => line !== ''));
    });
  });
}
