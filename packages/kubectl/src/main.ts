import { FlagError, type FlagSpecs, type ParsedFlags } from '@typernetes/process';
import { type Command, parseCommandLine } from './command.ts';
import { aliases, commandTable } from './commands/command-table.ts';
import { findCommand, firstWordAt, isCommand, isGroup, nextWordAt } from './find-command.ts';
import { type GlobalFlags, globalFlags } from './global-flags.ts';
import { type Io, PlainError } from './io.ts';
import type { PluginCheck } from './kuberc/plugin-policy.ts';
import {
  checkPreferences,
  NoPreferences,
  type Preferences,
  type PreferredLine,
  preferencesFile,
  preferredLine,
  readPreferences,
  usualFile,
} from './kuberc/preferences.ts';
import type { Session, Surroundings } from './session.ts';

/** Runs a command line; resolves to the exit code. */
export async function runKubectl(line: readonly string[], deps: Surroundings, signal: AbortSignal): Promise<number> {
  const { io } = deps;
  const at = firstWordAt(line);
  const first = line[at];
  if (first === '__complete' || first === '__completeNoDesc') {
    const { completeLine } = await import('./completion/complete.ts');
    // Flags of an alias stand before it.
    return completeLine(line.toSpliced(at, 1), deps, { remarks: first === '__complete', stop: signal });
  }
  let preferred: Awaited<ReturnType<typeof withPreferences>>;
  try {
    preferred = await withPreferences(line, deps);
  } catch (error) {
    io.err(wrongPreferences(error));
    return 1;
  }
  const args = preferred?.args ?? line;
  const found = findCommand(args);
  if (!found) return (await runPlugin(args, deps, { signal })) ?? withoutCommand(args, deps);
  if (found.name === 'create' && found.args[0]?.startsWith('-') === false) {
    const code = await runPlugin(args, deps, { signal, least: 2 });
    if (code !== undefined) return code;
  }
  let opened: Session | undefined;
  try {
    const command = await found.load();
    const given = parsed(command, found, preferred);
    if (given.flags.help === true) {
      io.out(await helpOf(found.name));
      return 0;
    }
    for (const name of given.given) {
      const { deprecated } = command.flags[name] ?? {};
      if (deprecated !== undefined) io.err(`Flag --${name} has been deprecated, ${deprecated}\n`);
    }
    const flags = withoutShadowed(given.flags, command) as ParsedFlags<GlobalFlags>;
    // `debug` has a flag of that name of its own.
    if (!Object.hasOwn(command.flags, 'profile')) checkProfile(flags.profile);
    const missing = (command.required ?? []).filter((name) => !given.given.has(name));
    if (missing.length > 0)
      throw new Error(`required flag(s) ${missing.map((name) => JSON.stringify(name)).join(', ')} not set`);
    if (given.flags['dry-run'] === 'unchanged') await warnOfBareDryRun(deps);
    const code = await command.runOffline?.(given, { ...deps, globalFlags: flags });
    if (code !== undefined) return code;
    // Loaded here: what needs no cluster starts without a client.
    const { openSession } = await import('./open-session.ts');
    const changeCause =
      given.flags.record === true ? (await import('./commands/record.ts')).changeCauseOf(command, found) : undefined;
    const name = given.flags.raw ? `${found.name} --raw` : found.name;
    const how = { command: name, changeCause, checkPlugin: preferred?.checkPlugin, stop: signal };
    const session = openSession(flags, deps, how);
    try {
      if (flags['match-server-version']) await (await import('./same-version.ts')).checkSameVersion(session);
      const whole = await withTemplateRead(given, session, found.name);
      if (command.formatFirst) await refuseWrongFormat(whole.flags);
      const code = (await command.run(whole, session, signal)) ?? 0;
      if (code === 0 && flags['warnings-as-errors'] && session.warnings > 0) throw warningsReceived(session.warnings);
      // Commands that tell of each failure themselves have told of none.
      return signal.aborted && (code === 1 || watches(found.name, given.flags)) ? endOf(found.name, given.flags) : code;
    } catch (error) {
      opened = session;
      if (signal.aborted) return endOf(found.name, given.flags);
      throw dryRunProblem(given.flags['dry-run'], error, found.name) ?? error;
    } finally {
      session.close();
    }
  } catch (error) {
    if (signal.aborted) return interrupted;
    return report(error, { io: underAlias(io, found.name, preferred?.alias), session: opened, name: found.name });
  }
}

/** As shells have it for a process that ended by SIGINT: whoever runs us ends this one by its signal. */
export const interrupted = 130;

/** Whether upstream's listens to signals itself meanwhile. */
function watches(name: string, flags: Readonly<Record<string, unknown>>): boolean {
  if (name === 'wait') return String(flags.for).toLowerCase() !== 'create';
  if (name === 'get' || name === 'events') return flags.watch === true || flags['watch-only'] === true;
  return name === 'logs' || name === 'rollout status' || name === 'delete';
}

/** The exit code of a command that was interrupted. */
const endOf = (name: string, flags: Readonly<Record<string, unknown>>): number =>
  watches(name, flags) ? 1 : interrupted;

/** The line as the user's preferences have it; undefined when there are none. */
async function withPreferences(
  line: readonly string[],
  { environment, io }: Surroundings,
): Promise<(PreferredLine & { readonly checkPlugin?: PluginCheck | undefined }) | undefined> {
  const file = preferencesFile(line, environment);
  if (file === undefined) return undefined;
  let preferences: Preferences;
  try {
    preferences = readPreferences(file);
  } catch (error) {
    if (!(error instanceof NoPreferences)) throw error;
    if (error.remark !== '' && file !== usualFile(environment)) throw error;
    io.err(error.remark);
    return undefined;
  }
  checkPreferences(preferences);
  if (preferences.remark !== undefined) io.err(preferences.remark);
  const at = firstWordAt(line);
  const preferred = preferredLine(line, at, { preferences, isCommand });
  if (preferred.alias !== undefined || isCommand(line[at] ?? '')) warnOfCommands(preferences, io);
  if (!preferences.credentialPluginPolicy && !preferences.credentialPluginAllowlist) return preferred;
  const { pluginCheck } = await import('./kuberc/plugin-policy.ts');
  return { ...preferred, checkPlugin: pluginCheck(preferences, environment.PATH) };
}

/** Tells of defaults for commands that there are not. */
function warnOfCommands({ defaults }: Preferences, io: Io): void {
  for (const { command } of defaults)
    if (command !== '' && !isCommand(command))
      io.err(`Warning: command ${JSON.stringify(command)} not found to set kuberc override\n`);
}

const wrongPreferences = (error: unknown): string =>
  `error occurred while applying preferences ${error instanceof Error ? error.message : String(error)}\n`;

/** Preferences stand behind what the line says. */
function parsed(
  command: Command,
  { name, args }: { name: string; args: readonly string[] },
  by?: PreferredLine,
): Given {
  const options = by?.optionsFor(name) ?? [];
  const refused = (what: string): never => {
    throw new PlainError(wrongPreferences(new Error(what)));
  };
  const last = name.split(' ').at(-1);
  const wrong = options.find((option) => !isFlagOf(command, option.name));
  if (wrong)
    refused(
      by?.alias === undefined
        ? `invalid flag ${wrong.name} for command ${last}`
        : `invalid alias flag ${wrong.name} in alias kubectl`,
    );
  const given = parseCommandLine(command, args) as Given;
  const missing = options.filter((option) => !given.given.has(option.name));
  if (missing.length === 0) return given;
  const more = missing.map((option) => `--${option.name}=${option.default}`);
  for (const [i, option] of missing.entries()) {
    try {
      parseCommandLine(command, [more[i] as string]);
    } catch (error) {
      if (!(error instanceof FlagError)) throw error;
      const { name: flag, default: value } = option;
      refused(`could not apply override value ${value} to flag ${flag} in command ${last} err: ${error.message}`);
    }
  }
  return parseCommandLine(command, [...more, ...args]) as Given;
}

/** That of logs is no flag that has a default. */
const isFlagOf = ({ flags }: Command, name: string): boolean =>
  Object.hasOwn(flags, name) || (name !== 'v' && Object.hasOwn(globalFlags, name));

type Given = Parameters<Command['run']>[0];

/** `--template` belongs to `-o`, and both may name a file: commands see one `-o` with all that it says. */
async function withTemplateRead(given: Given, session: Session, name: string): Promise<Given> {
  const { output, template } = given.flags as { output?: string; template?: string };
  if (template === undefined || (template === '' && !output?.includes('file'))) return given;
  const { withFileRead } = await import('./printing/output-format.ts');
  const { files } = session;
  // A template is stronger than a format that nobody gave.
  const wanted = template === '' || given.given.has('output') ? output : undefined;
  const read = await withFileRead(wanted, template, { files, columns: name === 'get' });
  return { ...given, flags: { ...given.flags, output: read } } as Given;
}

async function refuseWrongFormat({ output }: { output?: unknown }): Promise<void> {
  if (typeof output !== 'string' || output === '') return;
  const { objectPrinter } = await import('./printing/object-printer.ts');
  objectPrinter(output);
}

/** A dry run of a kind that there is not is told before everything that commands find out themselves, but for what they lack. */
function dryRunProblem(value: unknown, error: unknown, name: string): Error | undefined {
  if (typeof value !== 'string' || ['none', 'client', 'server', 'unchanged'].includes(value)) return undefined;
  if (error instanceof PlainError || error instanceof FlagError || name === 'auth reconcile') return undefined;
  if (error instanceof Error && error.name === 'UsageError') return undefined;
  return new Error(`Invalid dry-run value (${value}). Must be "none", "server", or "client".`);
}

async function warnOfBareDryRun(session: Surroundings): Promise<void> {
  const { logged } = await import('./logged-warning.ts');
  const text = '--dry-run is deprecated and can be replaced with --dry-run=client.';
  session.io.err(logged(text, { session, place: 'helpers.go:719' }));
}

/** Upstream writes profiles of Go's; there are none of those here, and whoever asks is told. */
function checkProfile(name: string): void {
  if (name === 'none') return;
  if (!['cpu', 'heap', 'goroutine', 'threadcreate', 'block', 'mutex'].includes(name))
    throw new Error(`unknown profile '${name}'`);
  throw new Error(
    `profile '${name}' cannot be captured: this program is no Go program. Start it with node --cpu-prof instead`,
  );
}

const warningsReceived = (count: number): Error => new Error(`${count} warning${count === 1 ? '' : 's'} received`);

/** Where help is, of commands that say it in words of their own. */
const hints: Readonly<Record<string, string>> = {
  diff: "See 'kubectl diff -h' for help and examples",
  options: "Run 'kubectl options' without flags.",
};

/** Commands that are another by their real name. */
const aliasOf: Readonly<Record<string, string>> = { 'config use': 'config use-context' };

/** An output that shows where the help of an alias is, and not of its command. */
function underAlias(io: Io, name: string, alias: string | undefined): Io {
  if (alias === undefined) return io;
  return { ...io, err: (text) => io.err(text.replace(`See 'kubectl ${name} -`, `See 'kubectl ${alias} -`)) };
}

/** Prints a failure; resolves to the exit code. */
async function report(error: unknown, of: { io: Io; session: Session | undefined; name: string }): Promise<number> {
  const { io, session, name } = of;
  if (error instanceof PlainError) {
    if (error.output !== '') io.out(error.output);
    io.err(error.message);
    return error.exitCode;
  }
  if (error instanceof FlagError) {
    // What is wrong with a diff is told from a difference by the exit code.
    const isDiff = name === 'diff';
    const hint = hints[name] ?? `See 'kubectl ${aliasOf[name] ?? name} --help' for usage.`;
    io.err(`error: ${error.message}\n${hint}\n`);
    return isDiff ? 2 : 1;
  }
  const { errorText } = await import('./error-text.ts');
  if (session && session.globalFlags.v > 0) {
    const { responseObjects } = await import('./requests/response-object.ts');
    io.err(responseObjects([error], session));
  }
  const { unreachedFiles } = await import('./manifests/unreached-files.ts');
  const reported = (session && unreachedFiles([error], session)) ?? [error];
  for (const one of reported)
    io.err(
      reported.length > 1 && one instanceof Error
        ? `${one.message}\n`
        : errorText(one, session ? serverOf(session) : ''),
    );
  return 1;
}

/** `kubectl foo` is the program `kubectl-foo` when there is no such command, `kubectl create foo` that of two words at least. */
async function runPlugin(
  args: readonly string[],
  { environment, io }: Surroundings,
  of: { readonly signal: AbortSignal; readonly least?: number },
): Promise<number | undefined> {
  const word = args[nextWordAt(args, '')];
  if (word === undefined || word === 'help' || (of.least === undefined && isGroup(word))) return undefined;
  const [flag = ''] = args;
  if (flag.startsWith('-')) {
    io.err(`Error: flags cannot be placed before plugin name: ${flag}\n`);
    return 1;
  }
  const [{ pluginFor }, { runProgram }] = await Promise.all([
    import('./plugins/plugins.ts'),
    import('./programs/run-program.ts'),
  ]);
  const plugin = await pluginFor(args, environment.PATH, of.least);
  if (!plugin) return undefined;
  try {
    return await runProgram(plugin.path, plugin.args, { environment, signal: of.signal });
  } catch (error) {
    if (of.signal.aborted) return interrupted;
    io.err(`Error: ${error instanceof Error ? error.message : String(error)}\n`);
    return 1;
  }
}

/** A command's own flag of a global one's name, `create rolebinding --user`, means something else. */
function withoutShadowed(flags: ParsedFlags<FlagSpecs>, command: Command): ParsedFlags<FlagSpecs> {
  return Object.fromEntries(Object.entries(flags).filter(([name]) => !Object.hasOwn(command.flags, name)));
}

/** For messages: nothing when it is the kubeconfig that is wrong. */
function serverOf(session: Session): string {
  try {
    return session.server;
  } catch {
    return '';
  }
}

/** Texts are loaded only when they are asked for. */
async function helpOf(words: string, environment?: Surroundings['environment']): Promise<string> {
  const { helpText } = await import('./help/help.ts');
  return helpText(words, environment?.PATH);
}

async function withoutCommand(args: readonly string[], { io, environment }: Surroundings): Promise<number> {
  const words = args.filter((arg, i) => !arg.startsWith('-') && !takesValue(args[i - 1]));
  const wantsHelp = words[0] === 'help' || args.some((arg) => arg === '--help' || arg === '-h');
  if (words[0] === 'help') words.shift();
  // What stands behind the flag is taken for its value.
  else if (words.length === 1 && /^(-h|--help)$/.test(args[0] ?? '')) words.shift();
  const wrong = args.find((arg) => arg.startsWith('-') && arg !== '-h' && arg !== '--help');
  const [first] = words;
  const isBefore = wrong !== undefined && first !== undefined && args.indexOf(wrong) < args.indexOf(first);
  if (words.length === 0 || (isBefore && !wantsHelp && !Object.hasOwn(globalFlags, wrong.replace(/^--|=.*/g, '')))) {
    if (wrong !== undefined) {
      const needsMore = Object.hasOwn(globalFlags, wrong.slice(2)) && args.at(-1) === wrong;
      const flag = needsMore
        ? `flag needs an argument: ${wrong}`
        : wrong.startsWith('--')
          ? `unknown flag: ${wrong.replace(/=.*/, '')}`
          : `unknown shorthand flag: '${wrong[1] ?? ''}' in ${wrong}`;
      io.err(`error: ${flag}\nSee 'kubectl --help' for usage.\n`);
      return 1;
    }
    io.out(await helpOf('', environment));
    return 0;
  }
  const { group, unknown } = longestGroup(words, wantsHelp);
  if (wantsHelp && group !== '') {
    io.out(await helpOf(group));
    return 0;
  }
  if (group === '') return unknownCommand(unknown, { io, environment, wantsHelp });
  const flag = args.slice(args.indexOf(words[0] ?? '')).find((arg) => isForeignFlag(arg));
  if (flag !== undefined) {
    const what = flag.startsWith('--')
      ? `unknown flag: ${flag.replace(/=.*/, '')}`
      : `unknown shorthand flag: '${flag[1] ?? ''}' in ${flag}`;
    io.err(`error: ${what}\nSee 'kubectl ${group} --help' for usage.\n`);
    return 1;
  }
  if (unknown === '') {
    const text = await helpOf(group);
    if (streamOfGroups.has(group)) io.out(text);
    else io.err(text);
    return contentGroups.has(group) ? 0 : 1;
  }
  if (contentGroups.has(group)) {
    io.out(await helpOf(group));
    return 0;
  }
  io.err(`error: unknown command ${JSON.stringify(unknown)}\nSee 'kubectl ${group} -h' for help and examples\n`);
  return 1;
}

/** Whether the next word is the value of this one, which is a flag of every command. */
function takesValue(arg = ''): boolean {
  if (!arg.startsWith('-') || arg.includes('=')) return false;
  return Object.entries(globalFlags).some(
    ([name, spec]) => spec.type !== 'boolean' && (arg === `--${name}` || ('short' in spec && arg === `-${spec.short}`)),
  );
}

/** A flag that groups, which have none of their own, do not know. */
function isForeignFlag(arg: string): boolean {
  if (arg.startsWith('--'))
    return arg !== '--' && arg !== '--help' && !Object.hasOwn(globalFlags, arg.replace(/^--|=.*/g, ''));
  const shorts = Object.values(globalFlags).flatMap((spec) => ('short' in spec ? [spec.short] : []));
  return arg.startsWith('-') && arg !== '-' && !(shorts as string[]).includes(arg[1] ?? '');
}

/** Groups that show their help on standard output when nothing follows them. */
const streamOfGroups: ReadonlySet<string> = new Set(['alpha', 'rollout', 'certificate']);

/** Groups that show it whatever follows them, and call that no failure. */
const contentGroups: ReadonlySet<string> = new Set(['alpha', 'certificate']);

/** How far the words name a group, or for help a command, and the words behind it. */
function longestGroup(words: readonly string[], commandsToo: boolean): { group: string; unknown: string } {
  let group = '';
  for (const [i, word] of words.entries()) {
    const longer = group === '' ? (aliases[word] ?? word) : (aliases[`${group} ${word}`] ?? `${group} ${word}`);
    if (!isGroup(longer) && !(commandsToo && Object.hasOwn(commandTable, longer)))
      return { group, unknown: group === '' ? word : words.slice(i).join(' ') };
    group = longer;
  }
  return { group, unknown: '' };
}

async function unknownCommand(
  word: string,
  { io, environment, wantsHelp }: Pick<Surroundings, 'io' | 'environment'> & { wantsHelp: boolean },
): Promise<number> {
  if (wantsHelp) {
    io.err(`Unknown help topic [\`${word}\`]\n`);
    io.err(await helpOf('', environment));
    return 0;
  }
  const { suggestionsFor } = await import('./help/suggestions.ts');
  io.err(`error: unknown command ${JSON.stringify(word)} for "kubectl"${suggestionsFor(word) || '\n'}`);
  return 1;
}
