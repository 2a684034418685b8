import { messagesOf } from '@typernetes/base';
import { didYouMean } from '@typernetes/process';
import type { CommandDeps } from '../command-deps.ts';
import { requireFolder, rootedDeps } from '../rooted-host.ts';
import { certsCommands } from './certs.ts';
import { type Command, parseCommandLine } from './command.ts';
import { completionCommand } from './completion.ts';
import { configCommands } from './config.ts';
import { configImagesCommands } from './config-images.ts';
import { commandHelp, commandsBelow, groupHelp } from './help.ts';
import { initCommand, initPhaseCommand } from './init.ts';
import { joinCommand, joinPhaseCommand } from './join.ts';
import { kubeconfigCommands } from './kubeconfig.ts';
import { isGroup, phaseNamesOf, refuseFlagsOfOthers } from './phase-help.ts';
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
  const args = line[0] === 'certificates' ? ['certs', ...line.slice(1)] : line;
  if (args[0] === 'help') return helpTopic(args.slice(1), deps, signal);
  const command = findCommand(args);
  if (!command) return unknownCommand(args, deps);
  try {
    const words = command.path.split(' ').length;
    const given = parseCommandLine(command, args.slice(words));
    if (given.flags.help === true) {
      deps.output.out(
        commandHelp(
          command,
          given.positional.flatMap((name) => name.split('/')),
          commands,
        ),
      );
      return 0;
    }
    refuseWords(command, given.positional);
    if (command.menu) {
      const names = phaseNamesOf(command.menu, given.positional);
      refuseFlagsOfOthers(command.menu, names, given.given);
      if (isGroup(command.menu, names)) return listPhases(command, { names, words: given.positional }, deps);
    }
    const root = String(given.flags.rootfs ?? '');
    if (root !== '') await requireFolder(root, deps.host);
    await command.run(given, root === '' ? deps : rootedDeps(deps, root), signal);
    return 0;
  } catch (error) {
    deps.output.err(failureText(error, verbosityOf(args)));
    return 1;
  }
}

/** `kubeadm help WORDS`: an unknown topic is no error, only the first word can be one. */
async function helpTopic(words: readonly string[], deps: CommandDeps, signal: AbortSignal): Promise<number> {
  const topic = words.filter((word) => !word.startsWith('-'));
  const [first] = topic;
  if (
    first !== undefined &&
    first !== 'help' &&
    commandsBelow(commands, [first]).length === 0 &&
    !findCommand([first])
  ) {
    const root = groupHelp(commands, []);
    const named = topic.map((word) => `\`${word}\``).join(' ');
    deps.output.err(`Unknown help topic [${named}]\n${root.slice(root.indexOf('Usage:'))}`);
    return 0;
  }
  const known = topic.filter((_, i) => {
    const path = topic.slice(0, i + 1);
    return commandsBelow(commands, path).length > 0 || findCommand(path) !== undefined;
  });
  return runKubeadm([...(first === 'help' ? [] : known), '--help'], deps, signal);
}

/** Words after a command that takes none, by its line in the help. */
function refuseWords({ path, use, menu, ignoresWords }: Command, [word]: readonly string[]): void {
  const takesNone = use.replace(' [flags]', '') === `kubeadm ${path}`;
  if (word !== undefined && takesNone && !menu && !ignoresWords) throw new Error(wrongWord(word, path.split(' ')));
}

/** A group of phases runs none: what follows it is a mistake, or nothing, and then its help says what could. */
function listPhases(
  command: Command,
  { names, words }: { names: readonly string[]; words: readonly string[] },
  { output }: Pick<CommandDeps, 'output'>,
): number {
  const wrong = words.flatMap((word) => word.split('/'))[names.length];
  if (wrong !== undefined) {
    throw new Error(`unknown command "${wrong}" for "${['kubeadm', command.path, ...names].join(' ')}"`);
  }
  output.out(commandHelp(command, names, commands));
  if (names.length === 0) throw new Error('subcommand is required');
  return 0;
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

/** The command whose words the line begins with; the longest wins. */
function findCommand(args: readonly string[]): Command | undefined {
  const line = `${args.join(' ')} `;
  return commands
    .filter((command) => line.startsWith(`${command.path} `))
    .sort((a, b) => b.path.length - a.path.length)[0];
}

/** Only at the top is it said what may have been meant: that much cobra does by itself. */
function wrongWord(word: string, path: readonly string[]): string {
  const unknown = `unknown command ${JSON.stringify(word)} for "${['kubeadm', ...path].join(' ')}"`;
  if (path.length > 0) return unknown;
  const names = new Set([...commands.map((command) => command.path.split(' ', 1)[0] ?? ''), 'help']);
  return `${unknown}${didYouMean([...names].sort(), word)}`;
}

/** Words that are no command: a group of commands, whose list is its help, or a mistake. */
function unknownCommand(args: readonly string[], deps: Pick<CommandDeps, 'output'>): number {
  const { output } = deps;
  const words = args.slice(
    0,
    [...args, '-'].findIndex((arg) => arg.startsWith('-')),
  );
  const wantsHelp = args.some((arg) => arg === '--help' || arg === '-h');
  const length = words.findIndex((_, i) => commandsBelow(commands, words.slice(0, i + 1)).length === 0);
  const path = words.slice(0, length < 0 ? words.length : length);
  const [wrong] = words.slice(path.length);
  const fail = (error: Error): number => {
    output.err(failureText(error, verbosityOf(args)));
    return 1;
  };
  if (wrong !== undefined) return fail(new Error(wrongWord(wrong, path)));
  output.out(groupHelp(commands, path));
  return wantsHelp || path.length === 0 ? 0 : fail(new Error('subcommand is required'));
}
