import type { Clock } from '@typernetes/base';
import {
  clientFromKubeconfig,
  type Kubeconfig,
  loadDefaultKubeconfig,
  resolveContext,
  writeKubeconfig,
} from '@typernetes/client';
import { FlagError, flagUsage, type ParsedFlags } from '@typernetes/process';
import { type Command, type GlobalFlags, globalFlags, parseCommandLine } from './command.ts';
import { aliases, commandTable } from './commands/command-table.ts';
import { errorText } from './error-text.ts';
import { type Io, PlainError } from './io.ts';
import { resourceFinder } from './resources/finder.ts';
import type { FileAccess, Session } from './session.ts';

/** What the program is given by its surroundings. */
export interface KubectlDeps {
  readonly io: Io;
  readonly files: FileAccess;
  readonly clock: Clock;
  readonly environment: Readonly<Record<string, string | undefined>>;
}

/** Runs a command line; resolves to the exit code. */
export async function runKubectl(args: readonly string[], deps: KubectlDeps, signal: AbortSignal): Promise<number> {
  const { io } = deps;
  const found = findCommand(args);
  if (!found) return withoutCommand(args, io);
  let server = '';
  try {
    const command = await found.load();
    const given = parseCommandLine(command, found.args);
    if (given.flags.help === true) {
      io.out(`${command.short}\n\nUsage:\n  kubectl ${command.use}\n\nOptions:\n${flagUsage(command.flags)}`);
      return 0;
    }
    const session = openSession(given.flags as ParsedFlags<GlobalFlags>, deps);
    server = session.server;
    try {
      return (await command.run(given as Parameters<Command['run']>[0], session, signal)) ?? 0;
    } finally {
      session.client.transport.close();
    }
  } catch (error) {
    if (signal.aborted) return 130;
    if (error instanceof PlainError) {
      if (error.output !== '') io.out(error.output);
      io.err(error.message);
      return error.exitCode;
    }
    if (error instanceof FlagError) {
      io.err(`error: ${error.message}\nSee 'kubectl ${found.name} --help' for usage.\n`);
      return 1;
    }
    io.err(errorText(error, server));
    return 1;
  }
}

function openSession(flags: ParsedFlags<GlobalFlags>, { io, files, clock, environment }: KubectlDeps): Session {
  const { context, cluster, user, namespace, server, token } = flags;
  const overrides = {
    ...(context ? { context } : {}),
    ...(cluster ? { cluster } : {}),
    ...(user ? { user } : {}),
    ...(namespace ? { namespace } : {}),
    ...(server ? { server } : {}),
    ...(token ? { token } : {}),
  };
  const kubeconfig: Kubeconfig = loadDefaultKubeconfig(environment, flags.kubeconfig);
  const resolved = resolveContext(kubeconfig, overrides);
  const client = clientFromKubeconfig(kubeconfig, { ...overrides, userAgent: 'kubectl' });
  return {
    io,
    files,
    clock,
    client,
    namespace: resolved.namespace,
    namespaceGiven: namespace !== undefined,
    resources: resourceFinder(client),
    server: resolved.cluster.server,
    kubeconfig,
    saveKubeconfig: (config) =>
      writeKubeconfig(
        flags.kubeconfig ?? environment.KUBECONFIG?.split(':')[0] ?? `${environment.HOME}/.kube/config`,
        config,
      ),
  };
}

interface Found {
  readonly name: string;
  readonly args: readonly string[];
  load(): Promise<Command>;
}

/** Global flags may stand before the command, as in `kubectl -n kube-system get pods`. */
function findCommand(args: readonly string[]): Found | undefined {
  let at = 0;
  while (at < args.length && (args[at] as string).startsWith('-') && args[at] !== '--') {
    const [name = ''] = (args[at] as string).replace(/^--?/, '').split('=');
    const spec = Object.entries(globalFlags).find(
      ([long, flag]) => long === name || ('short' in flag && flag.short === name),
    );
    at += spec && spec[1].type !== 'boolean' && !(args[at] as string).includes('=') ? 2 : 1;
  }
  const [first = '', second = ''] = args.slice(at);
  for (const [name, words] of [
    [`${first} ${second}`, 2],
    [aliases[first] ?? first, 1],
  ] as const) {
    const load = Object.hasOwn(commandTable, name) ? commandTable[name] : undefined;
    if (load) return { name, args: [...args.slice(0, at), ...args.slice(at + words)], load };
  }
  return undefined;
}

function withoutCommand(args: readonly string[], io: Io): number {
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
  const group = Object.keys(commandTable).filter((name) => name.startsWith(`${first} `));
  if (group.length > 0) io.err(`error: a subcommand of "${first}" is needed: ${group.join(', ')}\n`);
  else io.err(`error: unknown command "${first}" for "kubectl"\n`);
  return 1;
}
