import { configmaps, type Secret, secrets } from '@typernetes/api/core/v1';
import { messagesOf } from '@typernetes/base';
import type { ApiClient } from '@typernetes/client';
import { parseKubeconfig } from '@typernetes/client';
import { canonicalJson, type Draft, isAlreadyExists, shortHumanDuration } from '@typernetes/machinery';
import { bootstrapTokenIdPattern, bootstrapTokenSecretName, parseBootstrapToken } from '@typernetes/pki';
import type { FlagSpecs, ParsedArguments } from '@typernetes/process';
import { failed } from '../certs/certificate-store.ts';
import { type ListedToken, listedToken, tokenSecret } from '../cluster/bootstrap-token-secret.ts';
import { connectByFile } from '../cluster/connect.ts';
import { patientClient } from '../cluster/patient-transport.ts';
import type { CommandDeps } from '../command-deps.ts';
import { completeTimeouts, dayMs, defaultTokenGroups, defaultTokenUsages } from '../config/defaults.ts';
import type { BootstrapTokenSpec } from '../config/internal.ts';
import { tokenUseProblems } from '../config/validate.ts';
import { dryRunClient } from '../dry-run/dry-run-client.ts';
import { joinCommandLine } from '../join/join-command.ts';
import { CommandError } from '../output.ts';
import { adminKubeconfig } from '../paths.ts';
import { defineCommand } from './command.ts';
import { readInitConfig, refuseMalformedToken, refuseMixedArguments, refuseProblems } from './config-file.ts';
import { type ObjectPrinter, objectPrinter, outputFlags } from './output-format.ts';
import { tabulate } from './table.ts';

/** Flags of all token commands; for read-only commands `--dry-run` has no effect. */
const groupFlags = {
  'dry-run': { type: 'boolean', help: 'Whether to enable dry-run mode or not', default: false },
  kubeconfig: {
    type: 'string',
    help: 'The kubeconfig file to use when talking to the cluster. If the flag is not set, a set of standard locations can be searched for an existing kubeconfig file.',
    shownDefault: JSON.stringify(adminKubeconfig),
  },
} as const satisfies FlagSpecs;
const inGroup = ['dry-run', 'kubeconfig'] as const;

/** The first of the usual places that has one, admin.conf last. If none has, the first of them, for the error to name. */
async function usualKubeconfig({ host }: Pick<CommandDeps, 'host'>): Promise<string> {
  const places = [...host.machine.kubeconfigs, adminKubeconfig];
  for (const path of places) if (await host.files.exists(path)) return path;
  return places[0] ?? adminKubeconfig;
}

/** Without `path`, by the kubeconfig in the usual places. With `dryRun`, a client whose writes are only printed. */
async function connectWith(path: string | undefined, deps: CommandDeps, dryRun = false): Promise<ApiClient> {
  const impatient = await connectByFile(path || (await usualKubeconfig(deps)), {
    files: deps.host.files,
    connect: deps.connect,
  });
  const timeoutMs = completeTimeouts().kubernetesApiCallMs;
  const client = patientClient(impatient, { clock: deps.clock, timeoutMs });
  return dryRun ? dryRunClient({ output: deps.output, server: client, written: new Map() }) : client;
}

export const tokenGenerateCommand = defineCommand({
  path: 'token generate',
  use: 'kubeadm token generate [flags]',
  short: 'Generate and print a bootstrap token, but do not create it on the server',
  flags: groupFlags,
  groupFlags: inGroup,
  async run(_given, { output, newToken }) {
    output.out(`${newToken()}\n`);
  },
});

const createFlags = {
  ...groupFlags,
  'certificate-key': {
    type: 'string',
    help: "When used together with '--print-join-command', print the full 'kubeadm join' flag needed to join the cluster as a control-plane. To create a new certificate key you must use 'kubeadm init phase upload-certs --upload-certs'.",
  },
  config: { type: 'string', help: 'Path to a kubeadm configuration file.' },
  description: { type: 'string', help: 'A human friendly description of how this token is used.', default: '' },
  groups: {
    type: 'list',
    help: 'Extra groups that this token will authenticate as when used for authentication. Must match "\\\\Asystem:bootstrappers:[a-z0-9:-]{0,255}[a-z0-9]\\\\z"',
    default: defaultTokenGroups,
  },
  'print-join-command': {
    type: 'boolean',
    help: "Instead of printing only the token, print the full 'kubeadm join' flag needed to join the cluster using the token.",
    default: false,
  },
  ttl: {
    type: 'duration',
    help: "The duration before the token is automatically deleted (e.g. 1s, 2m, 3h). If set to '0', the token will never expire",
    default: dayMs,
  },
  usages: {
    type: 'list',
    help: 'Describes the ways in which this token can be used. You can pass --usages multiple times or provide a comma separated list of options. Valid options: [signing,authentication]',
    default: defaultTokenUsages,
  },
} as const satisfies FlagSpecs;

export const tokenCreateCommand = defineCommand({
  path: 'token create',
  use: 'kubeadm token create [token]',
  short: 'Create bootstrap tokens on the server',
  flags: createFlags,
  groupFlags: inGroup,
  async run(given, deps) {
    const { flags } = given;
    refuseMixedArguments(given.given);
    const token = given.positional[0] ?? deps.newToken();
    refuseMalformedToken(token);
    const client = await connectWith(flags.kubeconfig, deps, flags['dry-run']);
    try {
      const tokens = await tokensToCreate(token, given, deps);
      for (const spec of tokens) {
        await createToken(client, tokenSecret(spec, deps.clock.now()));
      }
      const { token: first = '' } = tokens[0] ?? {};
      const line = (): Promise<string> => joinLine(client, first, flags['certificate-key']);
      deps.output.out(flags['print-join-command'] ? `${await line()} \n` : `${first}\n`);
    } finally {
      client.transport.close();
    }
  },
});

/** An existing token is refused, unless it is identical: the response to its creation may have been lost. */
async function createToken(client: ApiClient, draft: Draft<Secret>): Promise<void> {
  try {
    await client.resource(secrets).create(draft, { fieldManager: 'kubeadm' });
  } catch (error) {
    if (!isAlreadyExists(error)) throw error;
    const { name = '' } = draft.metadata;
    const present = await client.resource(secrets).get({ name, namespace: 'kube-system' });
    if (canonicalJson(present.data ?? {}) !== canonicalJson(draft.data ?? {})) {
      throw new CommandError(`a token with id "${name.replace('bootstrap-token-', '')}" already exists`);
    }
  }
}

/** The token that the command line describes, or all tokens of a file. */
async function tokensToCreate(
  token: string,
  { flags }: ParsedArguments<typeof createFlags>,
  deps: CommandDeps,
): Promise<readonly BootstrapTokenSpec[]> {
  if (flags['certificate-key'] && !flags['print-join-command']) {
    throw new CommandError('cannot use --certificate-key without --print-join-command');
  }
  if (flags.config) return (await readInitConfig(flags.config, {}, deps)).bootstrapTokens;
  const { description, ttl: ttlMs } = flags;
  // Nothing is as good as no flag: a token has usages and groups.
  const usages = flags.usages.length > 0 ? flags.usages : defaultTokenUsages;
  const groups = flags.groups.length > 0 ? flags.groups : defaultTokenGroups;
  refuseProblems(tokenUseProblems({ usages, groups }, 'bootstrapTokens.0'));
  return [{ token, description, ttlMs, usages, groups }];
}

async function joinLine(client: ApiClient, token: string, certificateKey: string | undefined): Promise<string> {
  const info = await client.resource(configmaps).get({ name: 'cluster-info', namespace: 'kube-public' });
  const [cluster] = Object.values(parseKubeconfig(info.data?.kubeconfig ?? '').clusters);
  const caCertificate = Buffer.from(cluster?.['certificate-authority-data'] ?? '', 'base64').toString('utf8');
  const address = (cluster?.server ?? '').replace(/^https:\/\//, '');
  return joinCommandLine(
    { address, token, caCertificate },
    certificateKey === undefined ? undefined : { certificateKey },
  );
}

const columns = ['TOKEN', 'TTL', 'EXPIRES', 'USAGES', 'DESCRIPTION', 'EXTRA GROUPS'];

export const tokenListCommand = defineCommand({
  path: 'token list',
  use: 'kubeadm token list [flags]',
  short: 'List bootstrap tokens on the server',
  flags: { ...groupFlags, ...outputFlags },
  groupFlags: inGroup,
  async run({ flags }, deps) {
    const client = await connectWith(flags.kubeconfig, deps);
    try {
      const print = await objectPrinter(flags, deps);
      const { items } = await client
        .resource(secrets)
        .list({ namespace: 'kube-system', fieldSelector: 'type=bootstrap.kubernetes.io/token' })
        .catch(failed('failed to list bootstrap tokens'));
      const tokens = items.flatMap((secret) => {
        try {
          return [listedToken(secret)];
        } catch (error) {
          deps.output.err(`${messagesOf(error)}\n`);
          return [];
        }
      });
      if (tokens.length === 0) return;
      if (print) {
        for (const token of tokens) deps.output.out(printed(token, print));
        return;
      }
      // Each token is a table of its own; the first has the heading.
      for (const [i, token] of tokens.entries()) {
        const row = tokenRow(token, deps.clock.now());
        deps.output.out(tabulate(i === 0 ? [columns, row] : [row]));
      }
    } finally {
      client.transport.close();
    }
  },
});

function printed(token: ListedToken, print: ObjectPrinter): string {
  try {
    return print('BootstrapToken', bootstrapToken(token));
  } catch (cause) {
    throw new CommandError(`unable to print token ${token.token}`, { cause });
  }
}

/** The kind BootstrapToken of the output API. */
const bootstrapToken = ({ token, description, expires, usages, groups }: ListedToken): object => ({
  token,
  ...(description === '' ? {} : { description }),
  ...(expires === undefined ? {} : { expires }),
  ...(usages.length > 0 ? { usages } : {}),
  ...(groups.length > 0 ? { groups } : {}),
});

function tokenRow(token: ListedToken, now: number): string[] {
  const left = token.expires === undefined ? undefined : Date.parse(token.expires) - now;
  return [
    token.token,
    (left === undefined ? '<forever>' : left <= 0 ? '<invalid>' : shortHumanDuration(left)).padEnd(9),
    token.expires ?? '<never>',
    (token.usages.join(',') || '<none>').padEnd(22),
    (token.description || '<none>').padEnd(56),
    token.groups.join(',') || '<none>',
  ];
}

const tokenForms = String.raw`"\\A([a-z0-9]{6})\\.([a-z0-9]{16})\\z" or "\\A([a-z0-9]{6})\\z"`;

export const tokenDeleteCommand = defineCommand({
  path: 'token delete',
  use: 'kubeadm token delete [token-value] ...',
  short: 'Delete bootstrap tokens on the server',
  flags: groupFlags,
  groupFlags: inGroup,
  async run({ flags, positional }, deps) {
    if (positional.length === 0) {
      throw new CommandError(`missing argument; 'token delete' is missing token of form ${tokenForms}`);
    }
    const client = await connectWith(flags.kubeconfig, deps, flags['dry-run']);
    try {
      for (const text of positional) await deleteToken(client, { text, deps });
    } finally {
      client.transport.close();
    }
  },
});

async function deleteToken(client: ApiClient, { text, deps }: { text: string; deps: CommandDeps }): Promise<void> {
  const id = parseBootstrapToken(text)?.id ?? text;
  if (!bootstrapTokenIdPattern.test(id)) {
    throw new CommandError(`given token didn't match pattern ${tokenForms}`);
  }
  try {
    await client.resource(secrets).delete({ name: bootstrapTokenSecretName(id), namespace: 'kube-system' });
  } catch (error) {
    throw new CommandError(`failed to delete bootstrap token "${id}"`, { cause: error });
  }
  deps.output.out(`bootstrap token "${id}" deleted\n`);
}
