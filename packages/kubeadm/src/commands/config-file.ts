import { messagesOf } from '@typernetes/base';
import { parseBootstrapToken } from '@typernetes/pki';
import type { CommandDeps } from '../command-deps.ts';
import { malformedToken } from '../config/field-problems.ts';
import type { InitConfig, JoinConfig } from '../config/internal.ts';
import { type InitFlags, loadInitConfig } from '../config/load.ts';
import { validateInit } from '../config/validate.ts';
import { clusterWarnings } from '../config/validate-cluster.ts';
import type { Files } from '../host.ts';
import { CommandError } from '../output.ts';
import { requireText } from '../required-file.ts';
import { globalFlags } from './command.ts';

/** Flags that may stand beside `--config`, as of upstream's v1.36: all others belong into the file once there is one. Names that begin with `skip-` may, too. */
const besideConfig = new Set([
  'config',
  'dry-run',
  'ignore-preflight-errors',
  'kubeconfig',
  'kubeconfig-dir',
  'node-name',
  'print-join-command',
  'upload-certs',
  'yes',
]);

/** Refuses flags that would fight with the file; `allowed` are those of a command that no file could hold. */
export function refuseMixedArguments(given: ReadonlySet<string>, allowed: readonly string[] = []): void {
  if (!given.has('config')) return;
  const mixed = [...given].filter(
    (name) =>
      !besideConfig.has(name) &&
      !allowed.includes(name) &&
      !name.startsWith('skip-') &&
      !Object.hasOwn(globalFlags, name),
  );
  if (mixed.length > 0) throw new CommandError(`can not mix '--config' with arguments [${mixed.sort().join(' ')}]`);
}

/** How a command words that a file cannot be read. */
const unreadableFile = {
  /** The blank is upstream's. */
  read: (path: string): string => `unable to read config from "${path}" : `,
  load: (path: string): string => `unable to load config from file "${path}": `,
  plain: (): string => '',
} as const;

/** Reads the text of `--config`, or nothing when the flag was not given. */
export async function readConfigFile(
  path: string | undefined,
  deps: Pick<CommandDeps, 'host'>,
  words: keyof typeof unreadableFile = 'read',
): Promise<string | undefined> {
  if (path === undefined || path === '') return undefined;
  return requireText(deps.host.files, path).catch((error: unknown) => {
    throw new CommandError(`${unreadableFile[words](path)}${messagesOf(error)}`);
  });
}

/** What `--config` and flags say of a cluster, complete and valid. Prints the warnings; throws when it cannot be used. */
export async function readInitConfig(
  path: string | undefined,
  flags: InitFlags,
  deps: Pick<CommandDeps, 'host' | 'newToken' | 'output'>,
): Promise<InitConfig> {
  const { machine, network } = deps.host;
  const text = await readConfigFile(path, deps);
  const { config, warnings } = loadInitConfig(text, flags, { machine, network, newToken: deps.newToken });
  for (const warning of warnings) deps.output.err(`[config] WARNING: ${warning}\n`);
  for (const warning of clusterWarnings(config.cluster)) deps.output.err(`${warning}\n`);
  refuseProblems(validateInit(config));
  return config;
}

/** Throws what is wrong with a configuration as Kubernetes lists it: `[a, b]`, or the only problem, each once. */
export function refuseProblems(problems: readonly string[]): void {
  const [first, ...more] = new Set(problems);
  if (first === undefined) return;
  throw new CommandError(more.length === 0 ? first : `[${[first, ...more].join(', ')}]`);
}

/** The file that a cluster is to be found by, in a list, when it is not there. */
export async function missingDiscoveryFile(
  { discovery }: Pick<JoinConfig, 'discovery'>,
  files: Pick<Files, 'exists'>,
): Promise<string[]> {
  const path = discovery.file?.path;
  return path === undefined || /^[a-z][a-z0-9+.-]*:/i.test(path) || (await files.exists(path)) ? [] : [path];
}

/** Of a token that is to be made. */
export function refuseMalformedToken(token: string): void {
  if (!parseBootstrapToken(token)) throw new CommandError(malformedToken(token));
}
