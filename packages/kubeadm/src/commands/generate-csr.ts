import { formatKubeconfig, singleContext } from '@typernetes/client';
import { createSigningRequest, newPrivateKey, privateKeyPem } from '@typernetes/pki';
import { leafFile } from '../certs/certificate-list.ts';
import { CertificateStore } from '../certs/certificate-store.ts';
import { authoritiesOf } from '../certs/renewable.ts';
import type { CommandDeps } from '../command-deps.ts';
import type { InitConfig } from '../config/internal.ts';
import { certificateKeyAlgorithm } from '../config/key-algorithms.ts';
import { CommandError } from '../output.ts';
import { kubernetesFolder } from '../paths.ts';
import { kubeconfigServer, kubeconfigSpecs } from '../phases/kubeconfig.ts';
import { defineCommand } from './command.ts';
import { readInitConfig } from './config-file.ts';

/** For whoever keeps the CA elsewhere: keys stay on the machine, requests go to the CA. */
export const generateCsrCommand = defineCommand({
  path: 'certs generate-csr',
  use: 'kubeadm certs generate-csr [flags]',
  short: 'Generate keys and certificate signing requests',
  flags: {
    'cert-dir': { type: 'string', help: 'The path where to save the certificates' },
    config: { type: 'string', help: 'Path to a kubeadm configuration file.' },
    'kubeconfig-dir': {
      type: 'string',
      help: 'The path where to save the kubeconfig file.',
      default: kubernetesFolder,
    },
  } as const,
  async run({ flags }, deps) {
    const loaded = await readInitConfig(flags.config, {}, deps);
    const certificatesDir = flags['cert-dir'] ?? loaded.cluster.certificatesDir;
    const config = { ...loaded, cluster: { ...loaded.cluster, certificatesDir } };
    await requestCertificates(config, deps);
    await requestKubeconfigs(config, deps, flags['kubeconfig-dir']);
  },
});

async function requestCertificates(config: InitConfig, { host, output }: CommandDeps): Promise<void> {
  const { certificatesDir } = config.cluster;
  output.out(`generating keys and CSRs in ${certificatesDir}\n`);
  for (const leaf of authoritiesOf(config.cluster).flatMap(({ leaves }) => leaves)) {
    const path = `${certificatesDir}/${leafFile(leaf)}`;
    await refuseExisting(host.files, [`${path}.key`, `${path}.csr`], `key or CSR ${path}`);
    const key = privateKeyPem(await newPrivateKey(certificateKeyAlgorithm(config.cluster)));
    const request = await createSigningRequest(key, {
      commonName: typeof leaf.commonName === 'string' ? leaf.commonName : leaf.commonName(config),
      organizations: leaf.organizations ?? [],
      ...leaf.names?.(config),
    });
    await host.files.write(`${path}.key`, key, { mode: 0o600 });
    await host.files.write(`${path}.csr`, request, { mode: 0o600 });
    output.out(`  ${leafFile(leaf)}\n`);
  }
}

/** Kubeconfigs with a key and no certificate yet: what the CA answers goes into `client-certificate-data`. */
async function requestKubeconfigs(config: InitConfig, { host, output }: CommandDeps, folder: string): Promise<void> {
  output.out(`generating keys and CSRs in ${folder}\n`);
  const store = new CertificateStore(config.cluster.certificatesDir, host.files);
  const certificate = (await store.hasCertificate('ca')) ? await store.bundle('ca') : undefined;
  for (const spec of kubeconfigSpecs) {
    const path = `${folder}/${spec.file}`;
    await refuseExisting(host.files, [path], `kube config: ${path}`);
    await refuseExisting(host.files, [`${path}.key`, `${path}.csr`], `csr: ${path}`);
    const key = privateKeyPem(await newPrivateKey(certificateKeyAlgorithm(config.cluster)));
    const userName = spec.user(config);
    const request = await createSigningRequest(key, { commonName: userName, organizations: spec.organizations });
    const kubeconfig = singleContext({
      clusterName: config.cluster.clusterName,
      cluster: {
        server: kubeconfigServer(spec, config),
        ...(certificate === undefined
          ? {}
          : { 'certificate-authority-data': Buffer.from(certificate).toString('base64') }),
      },
      userName,
      user: { 'client-key-data': Buffer.from(key).toString('base64') },
    });
    await host.files.write(path, formatKubeconfig(kubeconfig), { mode: 0o600 });
    await host.files.write(`${path}.csr`, request, { mode: 0o600 });
    output.out(`  ${spec.file}\n`);
  }
}

async function refuseExisting(
  files: CommandDeps['host']['files'],
  paths: readonly string[],
  what: string,
): Promise<void> {
  for (const path of paths) {
    if (await files.exists(path)) throw new CommandError(`file already exists: ${what}`);
  }
}
