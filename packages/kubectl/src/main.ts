import { FlagError, type FlagSpecs, flagUsage, type ParsedFlags } from '@typernetes/process';
import { type Command, type GlobalFlags, parseCommandLine } from './command.ts';
import { aliases, commandTable } from './commands/command-table.ts';
import { findCommand, isGroup } from './find-command.ts';
import { type Io, PlainError } from './io.ts';
import type { Session, Surroundings } from './session.ts';

/** Runs a command line; resolves to the exit code. */
export async function runKubectl(args: readonly string[], deps: Surroundings, signal: AbortSignal): Promise<number> {
  const { io } = deps;
  const found = findCommand(args);
  if (!found) return (await runPlugin(args, deps, signal)) ?? withoutCommand(args, io);
  let server = '';
  try {
    const command = await found.load();
    const given = parseCommandLine(command, found.args) as Parameters<Command['run']>[0];
    if (given.flags.help === true) {
      io.out(`${command.short}\n\nUsage:\n  kubectl ${command.use}\n\nOptions:\n${flagUsage(command.flags)}`);
      return 0;
    }
    const flags = withoutShadowed(given.flags, command) as ParsedFlags<GlobalFlags>;
    const code = await command.runOffline?.(given, { ...deps, globalFlags: flags });
    if (code !== undefined) return code;
    // Loaded here: what needs no cluster starts without a client.
    const { openSession } = await import('./open-session.ts');
    const session = openSession(flags, deps);
    try {
      return (await command.run(given, session, signal)) ?? 0;
    } catch (error) {
      server = serverOf(session);
      throw error;
    } finally {
      session.close();
    }
  } catch (error) {
    if (signal.aborted) return 130;
    return report(error, { io, server, name: found.name });
  }
}

/** Prints a failure; resolves to the exit code. */
async function report(error: unknown, of: { io: Io; server: string; name: string }): Promise<number> {
  const { io, server, name } = of;
  if (error instanceof PlainError) {
    if (error.output !== '') io.out(error.output);
    io.err(error.message);
    return error.exitCode;
  }
  if (error instanceof FlagError) {
    io.err(`error: ${error.message}\nSee 'kubectl ${name} --help' for usage.\n`);
    return 1;
  }
  const { errorText } = await import('./error-text.ts');
  io.err(errorText(error, server));
  return 1;
}

/** `kubectl foo` is the program `kubectl-foo` when there is no such command. */
async function runPlugin(
  args: readonly string[],
  { environment }: Surroundings,
  signal: AbortSignal,
): Promise<number | undefined> {
  const [first = '-'] = args;
  if (first.startsWith('-') || first === 'help' || isGroup(first)) return undefined;
  const [{ pluginFor }, { runProgram }] = await Promise.all([
    import('./plugins/plugins.ts'),
    import('./programs/run-program.ts'),
  ]);
  const plugin = await pluginFor(args, environment.PATH);
  return plugin && runProgram(plugin.path, plugin.args, { environment, signal });
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

async function groupHelp(group: string): Promise<string> {
  const members = Object.entries(commandTable).filter(([name]) => name.startsWith(`${group} `));
  const lines = await Promise.all(
    members.map(async ([name, load]) => `  ${name.slice(group.length + 1).padEnd(18)}${(await load()).short}\n`),
  );
  return `Available Commands:\n${lines.join('')}\nUsage:\n  kubectl ${group} [options]\n`;
}

async function withoutCommand(args: readonly string[], io: Io): Promise<number> {
  const first = args.find((arg) => !arg.startsWith('-'));
  const list = Object.keys(commandTable)
    .map((name) => `  ${name}\n`)
    .join('');
  if (first === undefined || first === 'help') {
    io.out(
      `kubectl controls the Kubernetes cluster manager.\n\nCommands:\n${list}\nUsage:\n  kubectl [flags] [options]\n`,
    );
    return 0;
  }
  const words = args.filter((arg) => !arg.startsWith('-'));
  let group = '';
  let unknown = first;
  for (const word of words) {
    const longer = group === '' ? (aliases[word] ?? word) : (aliases[`${group} ${word}`] ?? `${group} ${word}`);
    if (!isGroup(longer)) {
      unknown = word;
      break;
    }
    group = longer;
    unknown = '';
  }
  if (group === '') io.err(`error: unknown command ${JSON.stringify(first)} for "kubectl"\n`);
  else if (unknown !== '') {
    io.err(`error: unknown command ${JSON.stringify(unknown)}\nSee 'kubectl ${group} -h' for help and examples\n`);
  } else io.err(await groupHelp(group));
  return 1;
}
