import type { FlagSpec, FlagSpecs, ParsedFlags } from '@typernetes/process';
import { type Command, parseCommandLine } from '../command.ts';
import { aliases, commandTable } from '../commands/command-table.ts';
import { type GlobalFlags, globalFlags } from '../global-flags.ts';
import { commandGroups, mainSections } from '../help/groups.ts';
import type { PluginCheck } from '../kuberc/plugin-policy.ts';
import { preferencesFile, readPreferences } from '../kuberc/preferences.ts';
import { openSession } from '../open-session.ts';
import type { Surroundings } from '../session.ts';
import { completeArgument } from './arguments.ts';
import type { Completion } from './completion.ts';
import { completeFlagValue } from './flag-values.ts';
import { completePlugin, mayBePlugin, pluginWords } from './plugins.ts';

/**
 * Answers `__complete WORDS... LAST` in cobra's format: one choice a line, with its description after a tab, then the directive for the shell.
 * Errors yield no choices, because no one would read a message.
 */
export async function completeLine(
  args: readonly string[],
  deps: Surroundings,
  { remarks, stop }: { remarks: boolean; stop: AbortSignal },
): Promise<number> {
  const { io } = deps;
  const completion = await choices(args, deps, stop).catch((): Completion => ({ words: [] }));
  const last = args.at(-1) ?? '';
  const prefix = valueBehind.test(last) ? last.slice(last.indexOf('=') + 1) : last;
  for (const choice of completion.words) {
    const [word = '', remark = ''] = typeof choice === 'string' ? choice.split(/\t(.*)/) : choice;
    if (!completion.endings && !completion.asTheyAre && !word.startsWith(prefix)) continue;
    const [first = ''] = remark.split('\n');
    io.out(first === '' || !remarks ? `${word}\n` : `${word}\t${first}\n`);
  }
  const filesToo = completion.files === true || completion.endings === true;
  const directive =
    completion.directive ?? (completion.noSpace ? 2 : 0) + (filesToo ? 0 : 4) + (completion.endings ? 8 : 0);
  io.out(`:${directive}\n`);
  const names = directives.filter((_name, bit) => directive & (1 << bit)).map((name) => `ShellCompDirective${name}`);
  io.err(`Completion ended with directive: ${names.join(', ') || 'ShellCompDirectiveDefault'}\n`);
  return 0;
}

/** The bits of the directive. */
const directives = ['Error', 'NoSpace', 'NoFileComp', 'FilterFileExt', 'FilterDirs', 'KeepOrder'];

/** `--output=j`, `-o=j` */
const valueBehind = /^(--[^=]+|-[a-zA-Z])=/;

/** Required flags: they are offered first. */
const needed: Readonly<Record<string, readonly string[]>> = {
  'alpha kuberc set': ['command', 'section'],
  autoscale: ['max'],
  'create clusterrolebinding': ['clusterrole'],
  'create cronjob': ['image', 'schedule'],
  'create deployment': ['image'],
  'create service externalname': ['external-name'],
  run: ['image'],
  scale: ['replicas'],
};

/** Completing, too, runs no credential plugin that the user's preferences forbid. */
async function checkOf(args: readonly string[], { environment }: Surroundings): Promise<PluginCheck | undefined> {
  const file = preferencesFile(args, environment);
  if (file === undefined) return undefined;
  const { pluginCheck } = await import('../kuberc/plugin-policy.ts');
  return pluginCheck(readPreferences(file), environment.PATH);
}

async function choices(args: readonly string[], deps: Surroundings, stop: AbortSignal): Promise<Completion> {
  const words = args.slice(0, -1);
  const last = args.at(-1) ?? '';
  if (mayBePlugin(args)) return completePlugin(args, deps);
  const { name, rest } = commandIn(words);
  const command = Object.hasOwn(commandTable, name) ? await commandTable[name]?.() : undefined;
  const specs: FlagSpecs = { ...globalFlags, ...command?.flags };
  if (words.includes('--')) return { words: [], files: true };
  const how = { command: name, checkPlugin: await checkOf(args, deps), stop };
  const session = openSession(flagsOf(command, rest), deps, how);
  try {
    const typed = { name, command, positional: positionalOf(rest, specs), last };
    const flag = flagWaiting(words, last, specs);
    if (flag !== undefined) return await completeFlagValue(flag, { typed, session });
    const missing = (Object.hasOwn(needed, name) ? (needed[name] ?? []) : [])
      .filter((flag) => !words.some((word) => word === `--${flag}` || word.startsWith(`--${flag}=`)))
      .map((flag) => [`--${flag}`, specs[flag]?.help ?? ''] as [string, string]);
    if (last.startsWith('-'))
      return {
        words: missing.some(([word]) => word.startsWith(last))
          ? missing
          : flagWords(withoutGiven(specs, words), { last, own: command?.flags ?? {} }),
      };
    if (name === '' && words[0] === 'help') return { words: await membersOf(commandIn(words.slice(1)).name) };
    const members = typed.positional.length === 0 ? await membersOf(name) : [];
    if (args.length === 1) members.push(...(await pluginWords(deps)));
    if (args.length === 1) members.sort(([a], [b]) => (a < b ? -1 : 1));
    if (!command || members.length > 0) return { words: members };
    const argument = completeArgument(typed, session);
    // With an unknown type only flags are offered.
    const completion = missing.length > 0 ? await argument.catch((): Completion => ({ words: [] })) : await argument;
    return { ...completion, words: [...(last === '' ? missing : []), ...completion.words] };
  } finally {
    session.close();
  }
}

/** The longest command or group at the start of the words, without flags. */
function commandIn(words: readonly string[]): { name: string; rest: readonly string[] } {
  let name = '';
  const rest: string[] = [];
  for (let i = 0; i < words.length; i++) {
    const word = words[i] as string;
    if (word.startsWith('-')) {
      rest.push(word);
      if (takesValue(word, globalFlags)) rest.push(words[++i] ?? '');
      continue;
    }
    const longer = name === '' ? word : `${name} ${word}`;
    const full = aliases[longer] ?? longer;
    if (!Object.hasOwn(commandTable, full) && !Object.hasOwn(commandGroups, full))
      return { name, rest: [...rest, ...words.slice(i)] };
    name = full;
  }
  return { name, rest };
}

function specOf(word: string, specs: FlagSpecs): readonly [string, FlagSpec] | undefined {
  const [name = ''] = word.replace(/^--?/, '').split('=');
  const found = Object.entries(specs).find(([long, spec]) =>
    word.startsWith('--') ? long === name : spec.short === name,
  );
  return found as [string, FlagSpec] | undefined;
}

function takesValue(word: string, specs: FlagSpecs): boolean {
  const spec = specOf(word, specs)?.[1];
  return spec !== undefined && !word.includes('=') && spec.type !== 'boolean' && spec.valueWhenBare === undefined;
}

/** The flag whose value is to be completed. */
function flagWaiting(words: readonly string[], last: string, specs: FlagSpecs): string | undefined {
  if (valueBehind.test(last)) return specOf(last, specs)?.[0];
  const before = words.at(-1) ?? '';
  return before.startsWith('-') && takesValue(before, specs) ? specOf(before, specs)?.[0] : undefined;
}

function positionalOf(rest: readonly string[], specs: FlagSpecs): string[] {
  const found: string[] = [];
  for (let i = 0; i < rest.length; i++) {
    const word = rest[i] as string;
    if (!word.startsWith('-')) found.push(word);
    else if (takesValue(word, specs)) i++;
  }
  return found;
}

/** The flags that can be parsed: even an unfinished line determines the context and namespace. */
function flagsOf(command: Command | undefined, rest: readonly string[]): ParsedFlags<GlobalFlags> {
  const withFlags = command ?? ({ flags: {} } as Command);
  const waiting =
    rest.at(-1)?.startsWith('-') && takesValue(rest.at(-1) as string, { ...globalFlags, ...withFlags.flags });
  try {
    const flags = parseCommandLine(withFlags, waiting ? rest.slice(0, -1) : rest).flags as ParsedFlags<GlobalFlags>;
    // Some commands have their own --user, which is not the kubeconfig user.
    return typeof flags.user === 'string' ? flags : { ...flags, user: '' };
  } catch {
    return parseCommandLine({ flags: {} } as Command, []).flags as ParsedFlags<GlobalFlags>;
  }
}

/** A given flag is not offered again, unless it can be repeated. */
function withoutGiven(specs: FlagSpecs, words: readonly string[]): FlagSpecs {
  const given = new Set(words.filter((word) => word.startsWith('-')).map((word) => specOf(word, specs)?.[0]));
  const stays = ([name, { type }]: [string, FlagSpec]): boolean =>
    type === 'list' || type === 'map' || !given.has(name);
  return Object.fromEntries(Object.entries(specs).filter(stays));
}

/** Global flags first. */
function flagWords(specs: FlagSpecs, { last, own }: { last: string; own: FlagSpecs }): [string, string][] {
  const isOwn = (name: string): boolean => name === 'help' || Object.hasOwn(own, name);
  return Object.entries(specs)
    .filter(([, { hidden }]) => !hidden)
    .sort(([a], [b]) => Number(isOwn(a)) - Number(isOwn(b)) || (a < b ? -1 : 1))
    .flatMap(([name, { help, short }]) => [
      [`--${name}`, help] as [string, string],
      ...(short && !last.startsWith('--') ? [[`-${short}`, help] as [string, string]] : []),
    ]);
}

/** Commands one word longer, with their descriptions. */
async function membersOf(name: string): Promise<[string, string][]> {
  const all = { ...commandTable, ...commandGroups };
  const top = [...mainSections.flatMap(([, commands]) => commands), 'help', 'options'];
  const names =
    name === ''
      ? top.sort()
      : Object.keys(all)
          .filter((long) => long.startsWith(`${name} `) && !long.slice(name.length + 1).includes(' '))
          .filter((long) => long !== 'config use')
          .sort();
  return Promise.all(
    names.map(
      async (long): Promise<[string, string]> => [
        long.slice(long.lastIndexOf(' ') + 1),
        commandGroups[long]?.short ?? (await commandTable[long]?.())?.short ?? '',
      ],
    ),
  );
}
