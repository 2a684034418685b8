import { messagesOf } from '@typernetes/base';
import { FlagError, flagUsage } from '@typernetes/process';
import { CommandError } from '../output.ts';
import { certsCommands } from './certs.ts';
import { type Command, type CommandDeps, globalFlags, parseCommandLine } from './command.ts';
import { completionCommand } from './completion.ts';
import { configCommands } from './config.ts';
import { configImagesCommands } from './config-images.ts';
import { initCommand, initPhaseCommand } from './init.ts';
import { joinCommand, joinPhaseCommand } from './join.ts';
import { kubeconfigCommands } from './kubeconfig.ts';
import { resetCommand, resetPhaseCommand } from './reset.ts';
import { tokenCreateCommand, tokenDeleteCommand, tokenGenerateCommand, tokenListCommand } from './token.ts';
import { upgradeCommands } from './upgrade.ts';
import { versionCommand } from './version.ts';

const commands: readonly Command[] = [
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
export async function runKubeadm(args: readonly string[], deps: CommandDeps, signal: AbortSignal): Promise<number> {
  const command = findCommand(args);
  if (!command) return unknownCommand(args, deps);
  try {
    const words = command.path.split(' ').length;
    const given = parseCommandLine(command, args.slice(words));
    if (given.flags.help === true) {
      deps.output.out(help(command));
      return 0;
    }
    await command.run(given, deps, signal);
    return 0;
  } catch (error) {
    if (error instanceof FlagError) {
      deps.output.err(`${error.message}\nTo see the stack trace of this error execute with --v=5 or higher\n`);
      return 1;
    }
    deps.output.err(`error: ${messagesOf(error)}\nTo see the stack trace of this error execute with --v=5 or higher\n`);
    return error instanceof CommandError ? error.exitCode : 1;
  }
}

/** The command whose words the line begins with; the longest wins. */
function findCommand(args: readonly string[]): Command | undefined {
  const line = `${args.join(' ')} `;
  return commands
    .filter((command) => line.startsWith(`${command.path} `))
    .sort((a, b) => b.path.length - a.path.length)[0];
}

function unknownCommand(args: readonly string[], { output }: CommandDeps): number {
  const [first] = args;
  const listed = `Usage:\n  kubeadm [command]\n\nAvailable Commands:\n${commands
    .map((command) => `  ${command.path.padEnd(28)}${command.short}\n`)
    .sort()
    .join('')}\nUse "kubeadm [command] --help" for more information about a command.\n`;
  if (first === undefined || first === '--help' || first === '-h' || first === 'help') {
    output.out(`\n    kubeadm: Easily bootstrap a secure Kubernetes cluster\n\n${listed}`);
    return 0;
  }
  const group = commands.filter((command) => command.path.startsWith(`${first} `));
  if (group.length > 0) {
    output.err(`missing subcommand; "${first}" is not meant to be run on its own\n`);
    return 1;
  }
  output.err(
    `unknown command "${first}" for "kubeadm"\nTo see the stack trace of this error execute with --v=5 or higher\n`,
  );
  return 1;
}

function help(command: Command): string {
  return `${command.short}\n${command.more?.() ?? ''}\nUsage:\n  ${command.use}\n\nFlags:\n${flagUsage({ ...command.flags, ...globalFlags })}`;
}
