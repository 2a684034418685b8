import { messagesOf } from '@typernetes/base';
import { didYouMean, type ParsedArguments, parseFlags } from '@typernetes/process';
import type { CommandDeps } from '../command-deps.ts';
import { loggedOutput } from '../log-lines.ts';
import { requireFolder, rootedDeps } from '../rooted-host.ts';
import { certsCommands } from './certs.ts';
import { type Command, globalFlags, parseCommandLine } from './command.ts';
import { commandWords, flagsAt, nextWord } from './command-words.ts';
import { completionCommand } from './completion.ts';
import { configCommands } from './config.ts';
import { configImagesCommands } from './config-images.ts';
import { commandHelp, groupHelp } from './help.ts';
import { initCommand, initPhaseCommand } from './init.ts';
import { joinCommand, joinPhaseCommand } from './join.ts';
import { kubeconfigCommands } from './kubeconfig.ts';
import { isGroup, phaseNamesOf, refuseFlagsOfOthers, takesArgument } from './phase-help.ts';
import { resetCommand, resetPhaseCommand } from './reset.ts';
import { tokenCreateCommand, tokenDeleteCommand, tokenGenerateCommand, tokenListCommand } from './token.ts';
import { upgradeCommands } from './upgrade.ts';
import { versionCommand } from './version.ts';

/** Everything that can be typed after `kubeadm`. */
export const commands: readonly Command[] = [
  ...certsCommands,
  completionCommand(() => commands),
  ...configCommands,
  ...configImagesCommands,
  initPhaseCommand,
  initCommand,
  joinCommand,
  joinPhaseCommand,
  ...kubeconfigCommands,
  resetCommand,
  resetPhaseCommand,
  tokenCreateCommand,
  tokenDeleteCommand,
  tokenGenerateCommand,
  tokenListCommand,
  ...upgradeCommands,
  versionCommand,
];

/** Runs a command line; resolves to the exit code. */
export async function runKubeadm(line: readonly string[], deps: CommandDeps, signal: AbortSignal): Promise<number> {
  const { words, rest } = commandWords(commands, line);
  const command = commands.find(({ path }) => path === words.join(' '));
  try {
    if (words[0] === 'help') return await helpTopic(parseFlags(globalFlags, rest), deps, signal);
    if (command) await runCommand(command, rest, { deps, signal });
    else showGroup(words, rest, deps);
    return 0;
  } catch (error) {
    deps.output.err(failureText(error, verbosityOf(line)));
    return 1;
  }
}

async function runCommand(
  command: Command,
  args: readonly string[],
  { deps, signal }: { deps: CommandDeps; signal: AbortSignal },
): Promise<void> {
  const given = parseCommandLine(command, args);
  const words = given.positional.flatMap((word) => word.split('/'));
  if (given.flags.help === true) {
    deps.output.out(commandHelp(command, words, commands));
    return;
  }
  refuseWords(command, given.positional);
  if (command.menu) {
    const names = phaseNamesOf(command.menu, given.positional);
    refuseFlagsOfOthers(command.menu, names, given.given);
    const isOfPhases = isGroup(command.menu, names);
    if (isOfPhases || !takesArgument(command.menu, names)) refuseBehindPhase(command, { names, words });
    if (isOfPhases) return listPhases(command, names, deps);
  }
  const output = loggedOutput(deps.output, {
    clock: deps.clock,
    verbosity: Number(given.flags.v),
    skipHeaders: given.flags['skip-headers'] === true,
  });
  const root = String(given.flags.rootfs ?? '');
  if (root !== '') await requireFolder(root, deps.host);
  const logged = { ...deps, output };
  await command.run(given, root === '' ? logged : rootedDeps(logged, root), signal);
}

/** `kubeadm help WORDS`: an unknown topic is no error, only the first word can be one. */
async function helpTopic(
  { positional: topic, flags }: ParsedArguments<typeof globalFlags>,
  deps: CommandDeps,
  signal: AbortSignal,
): Promise<number> {
  const [first] = topic;
  if (first !== undefined && first !== 'help' && commandWords(commands, [first]).words.length === 0) {
    const root = groupHelp(commands, []);
    const named = topic.map((word) => `\`${word}\``).join(' ');
    deps.output.err(`Unknown help topic [${named}]\n${root.slice(root.indexOf('Usage:'))}`);
    return 0;
  }
  const known = first === 'help' || flags.help ? [] : commandWords(commands, topic).words;
  return runKubeadm([...known, '--help'], deps, signal);
}

/** Words after a command that takes none, by its line in the help. */
function refuseWords({ path, use, menu, ignoresWords }: Command, [word]: readonly string[]): void {
  const takesNone = use.replace(' [flags]', '') === `kubeadm ${path}`;
  if (word !== undefined && takesNone && !menu && !ignoresWords) throw new Error(wrongWord(word, path.split(' ')));
}

/** A phase takes no words behind it, and none of a group has the name that stands there. */
function refuseBehindPhase(
  command: Command,
  { names, words }: { names: readonly string[]; words: readonly string[] },
): void {
  const wrong = words[names.length];
  if (wrong === undefined) return;
  throw new Error(`unknown command ${JSON.stringify(wrong)} for "${['kubeadm', command.path, ...names].join(' ')}"`);
}

/** A group of phases runs none: its help says which there are. */
function listPhases(command: Command, names: readonly string[], { output }: Pick<CommandDeps, 'output'>): void {
  output.out(commandHelp(command, names, commands));
  if (names.length === 0) throw new Error('subcommand is required');
}

/** From level 5 on, where it happened; until then, how to get to know that. */
function failureText(error: unknown, verbosity: number): string {
  const hint = 'To see the stack trace of this error execute with --v=5 or higher';
  const stack = error instanceof Error ? error.stack : undefined;
  return `error: ${messagesOf(error)}\n${verbosity >= 5 && stack ? stack : hint}\n`;
}

/** Of `--v`, read loosely: the command line as a whole may be wrong. */
function verbosityOf(args: readonly string[]): number {
  const found = /(?:^| )(?:--v|-v)[= ]?(\d+)(?: |$)/.exec(args.join(' '))?.[1];
  return Number(found ?? 0);
}

/** Only at the top is it said what may have been meant: that much cobra does by itself. */
function wrongWord(word: string, path: readonly string[]): string {
  const unknown = `unknown command ${JSON.stringify(word)} for "${['kubeadm', ...path].join(' ')}"`;
  if (path.length > 0) return unknown;
  const names = new Set([...commands.map((command) => command.path.split(' ', 1)[0] ?? ''), 'help']);
  return `${unknown}${didYouMean([...names].sort(), word)}`;
}

/** A group of commands, whose list is its help. At the top an unknown word comes before wrong flags, as cobra has it. */
function showGroup(path: readonly string[], args: readonly string[], { output }: Pick<CommandDeps, 'output'>): void {
  const flags = flagsAt(commands, path);
  const unknown = path.length === 0 ? args[nextWord(args, flags)] : undefined;
  if (unknown !== undefined) throw new Error(wrongWord(unknown, path));
  const given = parseFlags(flags, args);
  const [wrong] = given.positional;
  if (given.flags.help !== true && wrong !== undefined) throw new Error(wrongWord(wrong, path));
  output.out(groupHelp(commands, path));
  if (given.flags.help !== true && path.length > 0) throw new Error('subcommand is required');
}
