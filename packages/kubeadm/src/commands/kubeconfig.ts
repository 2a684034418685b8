import { formatKubeconfig, singleContext } from '@typernetes/client';
import { formatDuration } from '@typernetes/process';
import { CertificateStore, failed } from '../certs/certificate-store.ts';
import { warnOfValidity } from '../certs/validity-warning.ts';
import { dayMs } from '../config/defaults.ts';
import { controlPlaneAddress } from '../endpoint.ts';
import { CommandError } from '../output.ts';
import { clientKubeconfig } from '../phases/kubeconfig.ts';
import { type Command, defineCommand } from './command.ts';
import { readInitConfig } from './config-file.ts';

/** Upstream warns of certificates that live longer than its own. */
const usualValidityMs = 365 * dayMs;

const userCommand = defineCommand({
  path: 'kubeconfig user',
  use: 'kubeadm kubeconfig user [flags]',
  short: 'Output a kubeconfig file for an additional user',
  flags: {
    'client-name': {
      type: 'string',
      help: 'The name of user. It will be used as the CN if client certificates are created',
    },
    config: { type: 'string', help: 'Path to a kubeadm configuration file.' },
    org: {
      type: 'list',
      help: 'The organizations of the client certificate. It will be used as the O if client certificates are created',
      default: [],
    },
    token: {
      type: 'string',
      help: 'The token that should be used as the authentication mechanism for this kubeconfig, instead of client certificates',
    },
    'validity-period': {
      type: 'duration',
      help: 'The validity period of the client certificate. It is an offset from the current time.',
      default: usualValidityMs,
    },
  } as const,
  more: () =>
    '\nThe configuration of a cluster that runs is in it: kubectl get cm kubeadm-config -n kube-system -o=jsonpath="{.data.ClusterConfiguration}" > example.yaml\n',
  async run({ flags }, deps) {
    const user = flags['client-name'];
    if (!user) throw new CommandError('required flag(s) "client-name" not set');
    const validityMs = flags['validity-period'];
    if (validityMs > usualValidityMs) {
      deps.output.err(
        `WARNING: the specified certificate validity period ${formatDuration(validityMs)} is longer than the default duration ${formatDuration(usualValidityMs)}, this may increase security risks.\n`,
      );
    }
    const { host, clock } = deps;
    const config = await readInitConfig(flags.config, {}, deps);
    const server = `https://${controlPlaneAddress(config)}`;
    if (flags.token) {
      const store = new CertificateStore(config.cluster.certificatesDir, host.files);
      // Upstream wants the CA's key here, too: a token needs none.
      const [certificate] = await store.chain('ca').catch(failed(`${withoutAuthority}: failed to load certificate`));
      warnOfValidity('ca', certificate, deps);
      const kubeconfig = singleContext({
        clusterName: config.cluster.clusterName,
        cluster: { 'certificate-authority-data': Buffer.from(certificate.toString()).toString('base64'), server },
        userName: user,
        user: { token: flags.token },
      });
      deps.output.out(formatKubeconfig(kubeconfig));
      return;
    }
    const kubeconfig = await clientKubeconfig(config, {
      files: host.files,
      server,
      user,
      organizations: flags.org,
      validity: { notBefore: clock.now() - 5 * 60_000, notAfter: clock.now() + validityMs },
    });
    deps.output.out(kubeconfig);
  },
});

const withoutAuthority = "couldn't create a kubeconfig; the CA files couldn't be loaded";

export const kubeconfigCommands: readonly Command[] = [userCommand];
