import { X509Certificate } from 'node:crypto';
import { formatKubeconfig, type Kubeconfig, parseKubeconfig, resolveContext, singleContext } from '@typernetes/client';
import { createLeaf, inspectCertificate, type Validity } from '@typernetes/pki';
import { CertificateStore } from '../certs/certificate-store.ts';
import type { InitConfig } from '../config/internal.ts';
import { certificateKeyAlgorithm } from '../config/key-algorithms.ts';
import { controlPlaneAddress, localAddress } from '../endpoint.ts';
import type { Files } from '../host.ts';
import type { InitContext } from '../init-context.ts';
import { kubernetesFolder } from '../paths.ts';
import type { Phase } from '../phase.ts';

/** A kubeconfig file with a client certificate of its own. */
export interface KubeconfigSpec {
  readonly name: string;
  readonly short: string;
  readonly file: string;
  user(config: InitConfig): string;
  readonly organizations: readonly string[];
  /** Components of this machine talk to its own API server even when the cluster has a shared endpoint. */
  readonly local: boolean;
}

/** Bound to cluster-admin by a ClusterRoleBinding, so that its members can be revoked; super-admin.conf cannot. */
export const clusterAdminsGroup = 'kubeadm:cluster-admins';

export const kubeconfigSpecs: readonly KubeconfigSpec[] = [
  {
    name: 'admin',
    short: 'Generate a kubeconfig file for the admin to use and for kubeadm itself',
    file: 'admin.conf',
    user: () => 'kubernetes-admin',
    organizations: [clusterAdminsGroup],
    local: false,
  },
  {
    name: 'super-admin',
    short: 'Generate a kubeconfig file for the super-admin',
    file: 'super-admin.conf',
    user: () => 'kubernetes-super-admin',
    organizations: ['system:masters'],
    local: false,
  },
  {
    name: 'kubelet',
    short: 'Generate a kubeconfig file for the kubelet to use *only* for cluster bootstrapping purposes',
    file: 'kubelet.conf',
    user: (config) => `system:node:${config.node.name}`,
    organizations: ['system:nodes'],
    local: true,
  },
  {
    name: 'controller-manager',
    short: 'Generate a kubeconfig file for the controller manager to use',
    file: 'controller-manager.conf',
    user: () => 'system:kube-controller-manager',
    organizations: [],
    local: true,
  },
  {
    name: 'scheduler',
    short: 'Generate a kubeconfig file for the scheduler to use',
    file: 'scheduler.conf',
    user: () => 'system:kube-scheduler',
    organizations: [],
    local: true,
  },
];

export const kubeconfigPhase: Phase<InitContext> = {
  name: 'kubeconfig',
  short: 'Generate all kubeconfig files necessary to establish the control plane and the admin kubeconfig file',
  help: { onlyParts: true, whole: 'Generate all kubeconfig files' },
  async run(context) {
    context.output.out(`[kubeconfig] Using kubeconfig folder "${folderOf(context)}"\n`);
  },
  phases: kubeconfigSpecs.map((spec) => ({
    name: spec.name,
    short: spec.short,
    run: (context) => writeKubeconfig(spec, context),
  })),
};

const folderOf = ({ elsewhere }: InitContext): string => elsewhere?.kubeconfigFolder ?? kubernetesFolder;

/** Where the API server is for the user of such a file. */
export const kubeconfigServer = (spec: KubeconfigSpec, config: InitConfig): string =>
  `https://${spec.local ? localAddress(config) : controlPlaneAddress(config)}`;

async function writeKubeconfig(spec: KubeconfigSpec, context: InitContext): Promise<void> {
  const { config, host, output, clock } = context;
  const { certificate, privateKey } = await new CertificateStore(config.cluster.certificatesDir, host.files).find('ca');
  const path = `${folderOf(context)}/${spec.file}`;
  const server = kubeconfigServer(spec, config);
  const existing = await host.files.read(path);
  if (existing !== undefined && certificate !== undefined) {
    const found = clusterOf(path, { text: existing, now: clock.now() });
    const authority =
      found['certificate-authority-data'] ??
      base64((await host.files.read(found['certificate-authority'] ?? '')) ?? '');
    if (Buffer.from(authority, 'base64').toString('utf8').trim() !== certificate.trim()) {
      throw new Error(`a kubeconfig file "${path}" exists already but has got the wrong CA cert`);
    }
    if (found.server !== server) {
      output.err(
        `[kubeconfig] WARNING: a kubeconfig file "${path}" exists already but has an unexpected API Server URL: expected: ${server}, got: ${found.server}\n`,
      );
    }
    output.out(
      privateKey === undefined
        ? `[kubeconfig] External CA mode: Using user provided ${spec.file}\n`
        : `[kubeconfig] Using existing kubeconfig file: "${path}"\n`,
    );
    return;
  }
  const text = await clientKubeconfig(config, {
    files: host.files,
    server,
    user: spec.user(config),
    organizations: spec.organizations,
    validity: {
      notBefore: clock.now() - 5 * 60_000,
      notAfter: clock.now() + config.cluster.certificateValidityMs,
    },
    withoutAuthority: 'the CA files do not exist, please run `kubeadm init phase certs ca` to generate it',
  });
  output.out(`[kubeconfig] Writing "${spec.file}" kubeconfig file\n`);
  await host.files.write(path, text, { mode: 0o600 });
}

/** The text of a kubeconfig with a client certificate, made for it by the cluster's CA. Throws when the CA's key is not here. */
export async function clientKubeconfig(
  config: InitConfig,
  of: {
    readonly files: Pick<Files, 'read' | 'write'>;
    readonly server: string;
    readonly user: string;
    readonly organizations: readonly string[];
    readonly validity: Validity;
    /** What is said, before the reason, where the CA cannot be loaded. */
    readonly withoutAuthority: string;
  },
): Promise<string> {
  const authority = await new CertificateStore(config.cluster.certificatesDir, of.files)
    .require('ca')
    .catch((cause: unknown) => {
      throw new Error(of.withoutAuthority, { cause });
    });
  const identity = await createLeaf(
    authority,
    {
      commonName: of.user,
      organizations: of.organizations,
      usages: ['digital signature', 'key encipherment', 'client auth'],
      ...of.validity,
    },
    certificateKeyAlgorithm(config.cluster),
  );
  return formatKubeconfig(
    singleContext({
      clusterName: config.cluster.clusterName,
      cluster: { 'certificate-authority-data': base64(authority.certificate), server: of.server },
      userName: of.user,
      user: {
        'client-certificate-data': base64(identity.certificate),
        'client-key-data': base64(identity.privateKey),
      },
    }),
  );
}

function parsed(path: string, text: string): Kubeconfig {
  try {
    return parseKubeconfig(text);
  } catch (cause) {
    throw new Error(`failed to load kubeconfig file ${path} that already exists on disk`, { cause });
  }
}

/** The cluster of a file that is there already. Throws where its client certificate has expired. */
function clusterOf(path: string, { text, now }: { text: string; now: number }): Kubeconfig['clusters'][string] {
  const kubeconfig = parsed(path, text);
  const context = kubeconfig.contexts[kubeconfig.currentContext];
  if (!context) throw new Error(`failed to find CurrentContext in Contexts of the kubeconfig file ${path}`);
  const cluster = kubeconfig.clusters[context.cluster ?? ''];
  if (!cluster) {
    throw new Error(`failed to find the given CurrentContext Cluster in Clusters of the kubeconfig file ${path}`);
  }
  const { user } = resolveContext(kubeconfig);
  const certificate = user['client-certificate-data'];
  if (certificate && inspectCertificate(new X509Certificate(Buffer.from(certificate, 'base64'))).notAfter < now) {
    throw new Error(`a kubeconfig file "${path}" exists already but its client certificate has expired`);
  }
  return cluster;
}

function base64(text: string): string {
  return Buffer.from(text).toString('base64');
}
