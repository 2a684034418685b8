import { configmaps } from '@typernetes/api/core/v1';
import { messagesOf } from '@typernetes/base';
import type { ApiClient } from '@typernetes/client';
import { shortHumanDuration } from '@typernetes/machinery';
import { newCertificateKey } from '../certs/certificate-sealing.ts';
import { type Expiration, type Expirations, expirationInfo, expirationsOf } from '../certs/expiration.ts';
import {
  type Renewable,
  type RenewableName,
  renewableNames,
  renewables,
  renewByLocalAuthority,
} from '../certs/renewable.ts';
import { connectByFile } from '../cluster/connect.ts';
import { patientClient, shortPatience } from '../cluster/patient-transport.ts';
import type { CommandDeps } from '../command-deps.ts';
import { completeCluster } from '../config/defaults.ts';
import type { ClusterConfig } from '../config/internal.ts';
import { loadClusterConfig, loadInitConfig } from '../config/load.ts';
import { adminKubeconfig, defaultCertificatesFolder } from '../paths.ts';
import { type Command, defineCommand } from './command.ts';
import { readInitConfig } from './config-file.ts';
import { generateCsrCommand } from './generate-csr.ts';
import { objectPrinter, outputFlags } from './output-format.ts';

const certificateKeyCommand = defineCommand({
  path: 'certs certificate-key',
  use: 'kubeadm certs certificate-key [flags]',
  short: 'Generate certificate keys',
  flags: {},
  async run(_given, { output }) {
    output.out(`${newCertificateKey()}\n`);
  },
});

const flags = {
  'cert-dir': {
    type: 'string',
    help: 'The path where to save the certificates',
    default: defaultCertificatesFolder,
  },
  config: { type: 'string', help: 'Path to a kubeadm configuration file.' },
  kubeconfig: {
    type: 'string',
    help: 'The kubeconfig file to use when talking to the cluster. If the flag is not set, a set of standard locations can be searched for an existing kubeconfig file.',
    default: adminKubeconfig,
  },
} as const;

interface Given {
  readonly 'cert-dir': string;
  readonly config: string | undefined;
  readonly kubeconfig: string;
}

/** The configuration from the file, else from the cluster, else the default: the cluster may be unreachable because the certificate has expired. */
async function clusterOf(given: Given, deps: CommandDeps, who: 'check-expiration' | 'renew'): Promise<ClusterConfig> {
  const cluster = await configured(given, deps, who);
  return given['cert-dir'] === defaultCertificatesFolder ? cluster : { ...cluster, certificatesDir: given['cert-dir'] };
}

async function configured(given: Given, deps: CommandDeps, who: string): Promise<ClusterConfig> {
  const { host, output, connect } = deps;
  if (given.config) return (await readInitConfig(given.config, {}, deps)).cluster;
  // As upstream, nothing is said of a kubeconfig that is missing or broken: the cluster is not asked then.
  const client = await connectByFile(given.kubeconfig, { files: host.files, connect }).catch(() => undefined);
  if (!client) return await usualCluster(deps);
  output.out(`[${who}] Reading configuration from the "kubeadm-config" ConfigMap in namespace "kube-system"...\n`);
  output.out(`[${who}] Use 'kubeadm init phase upload-config kubeadm --config your-config-file' to re-upload it.\n`);
  try {
    const cluster = await fromCluster(client, deps);
    output.out('\n');
    return cluster;
  } catch (error) {
    output.out(
      `[${who}] Error reading configuration from the Cluster. Falling back to default configuration: ${messagesOf(error)}\n\n`,
    );
    return await usualCluster(deps);
  }
}

async function usualCluster({ host, newToken }: CommandDeps): Promise<ClusterConfig> {
  const { machine, network, files } = host;
  const { cluster } = loadInitConfig(undefined, {}, { machine, network, newToken }).config;
  // A machine that has etcd's CA runs an etcd member.
  if (!(await files.exists(`${cluster.certificatesDir}/etcd/ca.crt`))) return cluster;
  return completeCluster({ etcd: { local: { dataDir: '' } } });
}

async function fromCluster(impatient: ApiClient, { clock }: CommandDeps): Promise<ClusterConfig> {
  const client = patientClient(impatient, { clock, ...shortPatience });
  try {
    const reference = { name: 'kubeadm-config', namespace: 'kube-system' };
    const { data } = await client.resource(configmaps).get(reference);
    return loadClusterConfig(data?.ClusterConfiguration ?? '');
  } finally {
    client.transport.close();
  }
}

const checkExpirationCommand = defineCommand({
  path: 'certs check-expiration',
  use: 'kubeadm certs check-expiration [flags]',
  short: 'Check certificates expiration for a Kubernetes cluster',
  flags: { ...flags, ...outputFlags },
  async run({ flags: given }, deps) {
    const { host, output, clock } = deps;
    const print = await objectPrinter(given, deps);
    const quiet = print ? { ...deps, output: { ...output, out: () => {} } } : deps;
    const found = await expirationsOf(await clusterOf(given, quiet, 'check-expiration'), host.files, deps);
    const now = clock.now();
    output.out(print ? print('CertificateExpirationInfo', expirationInfo(found, now)) : expirationTables(found, now));
  },
});

function expirationTables({ certificates, authorities }: Expirations, now: number): string {
  const row = ({ name, notAfter, authority, external }: Expiration): string[] => {
    const signer = authority === undefined ? [] : [authority];
    if (notAfter === undefined) return [`!MISSING! ${name}`, '', '', ...signer.map(() => ''), ''];
    return [name, ...expiry(notAfter, now), ...signer, external ? 'yes' : 'no'];
  };
  const leaves = ['CERTIFICATE', 'EXPIRES', 'RESIDUAL TIME', 'CERTIFICATE AUTHORITY', 'EXTERNALLY MANAGED'];
  const cas = ['CERTIFICATE AUTHORITY', 'EXPIRES', 'RESIDUAL TIME', 'EXTERNALLY MANAGED'];
  return `${columns([leaves, ...certificates.map(row)])}\n${columns([cas, ...authorities.map(row)])}`;
}

const months = 'Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec'.split(' ');

/** `Jan 02, 2026 15:04 UTC` and the residual time: `364d`. */
export function expiry(notAfter: number, now: number): [string, string] {
  const time = new Date(notAfter).toISOString();
  const [, year, month = '1', day, clock] = /^(\d+)-(\d+)-(\d+)T(\d+:\d+)/.exec(time) ?? [];
  return [`${months[Number(month) - 1]} ${day}, ${year} ${clock} UTC`, shortHumanDuration(notAfter - now)];
}

/** Formats a table as upstream's tab writer does: three blanks after the widest cell, in the last column too. */
function columns(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, i) => Math.max(...rows.map((row) => (row[i] ?? '').length)) + 3);
  const last = widths.length - 1;
  return rows
    .map((row) => `${row.map((cell, i) => cell.padEnd((widths[i] ?? 0) - (i === last ? 3 : 0))).join('')}\n`)
    .join('');
}

/** `certs renew all`, and one command for each certificate. */
const renewCommands: readonly Command[] = [
  defineCommand({
    path: 'certs renew all',
    use: 'kubeadm certs renew all [flags]',
    short: 'Renew all available certificates',
    flags,
    more: () => '\nThey are renewed whatever their expiration date is. Each may also be renewed by itself.\n',
    async run({ flags: given }, deps, signal) {
      const cluster = await clusterOf(given, deps, 'renew');
      for (const item of renewables(cluster)) {
        signal.throwIfAborted();
        await renewOne(item, item, { cluster, deps });
      }
      deps.output.out(
        '\nDone renewing certificates. You must restart the kube-apiserver, kube-controller-manager, kube-scheduler and etcd, so that they can use the new certificates.\n',
      );
    },
  }),
  ...renewableNames.map((of) =>
    defineCommand({
      path: `certs renew ${of.name}`,
      use: `kubeadm certs renew ${of.name} [flags]`,
      short: `Renew the ${of.what}`,
      flags,
      more: () => renewalText,
      async run({ flags: given }, deps) {
        const cluster = await clusterOf(given, deps, 'renew');
        const item = renewables(cluster).find(({ name }) => name === of.name);
        await renewOne(of, item, { cluster, deps });
      },
    }),
  ),
];

const renewalText = `
It is renewed whatever its expiration date is, with the names that it has, and signed by the authority on this machine.
The components of the control plane use it once they have been restarted; copies elsewhere have to be replaced.
`;

/** `item` is undefined if the cluster has no such certificate. */
async function renewOne(
  { what }: RenewableName,
  item: Renewable | undefined,
  { cluster, deps }: { cluster: ClusterConfig; deps: CommandDeps },
): Promise<void> {
  const { host, output } = deps;
  if (!item || !(await item.exists(host.files))) {
    output.out(`MISSING! ${what}\n`);
    return;
  }
  const renewed = await renewByLocalAuthority(item, { cluster, files: host.files, warned: deps });
  output.out(renewed ? `${what} renewed\n` : `Detected external ${item.authority.file}, ${what} can't be renewed\n`);
}

export const certsCommands: readonly Command[] = [
  certificateKeyCommand,
  checkExpirationCommand,
  generateCsrCommand,
  ...renewCommands,
];
