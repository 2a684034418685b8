import type { Clock } from '@typernetes/base';
import {
  clientFromKubeconfig,
  type Kubeconfig,
  type KubeconfigOverrides,
  loadDefaultKubeconfig,
  resolveContext,
} from '@typernetes/client';
import { FlagError, type FlagSpecs, flagUsage, type ParsedFlags } from '@typernetes/process';
import { type Command, type GlobalFlags, globalFlags, parseCommandLine } from './command.ts';
import { aliases, commandTable } from './commands/command-table.ts';
import { errorText } from './error-text.ts';
import { type Io, PlainError } from './io.ts';
import { KubeconfigFiles } from './kubeconfig/files.ts';
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
  if (!found) return (await runPlugin(args, deps, signal)) ?? withoutCommand(args, io);
  let server = '';
  try {
    const command = await found.load();
    const given = parseCommandLine(command, found.args);
    if (given.flags.help === true) {
      io.out(`${command.short}\n\nUsage:\n  kubectl ${command.use}\n\nOptions:\n${flagUsage(command.flags)}`);
      return 0;
    }
    const session = openSession(withoutShadowed(given.flags, command) as ParsedFlags<GlobalFlags>, deps);
    try {
      return (await command.run(given as Parameters<Command['run']>[0], session, signal)) ?? 0;
    } catch (error) {
      server = serverOf(session);
      throw error;
    } finally {
      session.close();
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

/** `kubectl foo` is the program `kubectl-foo` when there is no such command. */
async function runPlugin(
  args: readonly string[],
  { environment }: KubectlDeps,
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

/** The kubeconfig is read, its context looked up and a client made when a command first asks for them: some need none. */
function openSession(flags: ParsedFlags<GlobalFlags>, { io, files, clock, environment }: KubectlDeps): OpenSession {
  const overrides = overridesOf(flags);
  const kubeconfig = lazy((): Kubeconfig => loadDefaultKubeconfig(environment, flags.kubeconfig));
  const resolved = lazy(() => resolveContext(kubeconfig(), overrides));
  const client = lazy(() =>
    clientFromKubeconfig(kubeconfig(), { ...overrides, userAgent: 'kubectl', interactive: io.stdin.isTerminal }),
  );
  const resources = lazy(() => resourceFinder(client()));
  const kubeconfigFiles = lazy(() => new KubeconfigFiles(environment, flags.kubeconfig));
  return {
    io,
    files,
    clock,
    environment,
    globalFlags: flags,
    namespaceGiven: flags.namespace !== undefined,
    get client() {
      return client();
    },
    get namespace() {
      return resolved().namespace;
    },
    get resources() {
      return resources();
    },
    get server() {
      return resolved().cluster.server;
    },
    get kubeconfig() {
      return kubeconfig();
    },
    get kubeconfigFiles() {
      return kubeconfigFiles();
    },
    close: () => client.made?.transport.close(),
  };
}

interface OpenSession extends Session {
  close(): void;
}

interface Lazy<T> {
  (): T;
  readonly made: T | undefined;
}

function lazy<T>(make: () => T): Lazy<T> {
  let made: T | undefined;
  const get = (): T => {
    made ??= make();
    return made;
  };
  return Object.defineProperty(get, 'made', { get: () => made }) as unknown as Lazy<T>;
}

function overridesOf(flags: ParsedFlags<GlobalFlags>): KubeconfigOverrides {
  const { context, cluster, user, namespace, server, token, username, password } = flags;
  return {
    ...(context ? { context } : {}),
    ...(cluster ? { cluster } : {}),
    ...(user ? { user } : {}),
    ...(namespace ? { namespace } : {}),
    ...(server ? { server } : {}),
    ...(token ? { token } : {}),
    clusterFields: given({
      'certificate-authority': flags['certificate-authority'],
      'insecure-skip-tls-verify': flags['insecure-skip-tls-verify'],
      'tls-server-name': flags['tls-server-name'],
    }),
    userFields: given({
      'client-certificate': flags['client-certificate'],
      'client-key': flags['client-key'],
      username,
      password,
      as: flags.as,
      'as-uid': flags['as-uid'],
      'as-groups': flags['as-group'] ? [...flags['as-group']] : undefined,
    }),
  };
}

/** The fields that have a value. */
function given<F extends Readonly<Record<string, unknown>>>(fields: F): { [K in keyof F]?: NonNullable<F[K]> } {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as never;
}

interface Found {
  readonly name: string;
  readonly args: readonly string[];
  load(): Promise<Command>;
}

/** Words of the longest command, `create secret generic`. */
const longestCommand = 3;

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
  const rest = args.slice(at);
  let found: Found | undefined;
  let words = '';
  for (const word of rest.slice(0, longestCommand)) {
    const longer = words === '' ? word : `${words} ${word}`;
    words = aliases[longer] ?? longer;
    const load = Object.hasOwn(commandTable, words) ? commandTable[words] : undefined;
    const used = words.split(' ').length;
    // A word that only starts longer commands, the `secret` of `create secret tls`, is no argument of the shorter one.
    if (!load && isGroup(words)) found = undefined;
    if (load) found = { name: words, args: [...args.slice(0, at), ...rest.slice(used)], load };
  }
  return found;
}

const isGroup = (words: string): boolean => Object.keys(commandTable).some((name) => name.startsWith(`${words} `));

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
