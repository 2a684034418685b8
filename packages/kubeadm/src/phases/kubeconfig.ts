import { formatKubeconfig, singleContext } from '@typernetes/client';
import { createLeaf, type Validity } from '@typernetes/pki';
import { CertificateStore, failed, type StoreFiles } from '../certs/certificate-store.ts';
import { checkKubeconfigFile } from '../certs/existing-kubeconfig.ts';
import { warnOfValidity } from '../certs/validity-warning.ts';
import type { InitConfig } from '../config/internal.ts';
import { certificateKeyAlgorithm } from '../config/key-algorithms.ts';
import { controlPlaneAddress, localAddress } from '../endpoint.ts';
import type { InitContext } from '../init-context.ts';
import { logStep } from '../log-lines.ts';
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
  const { config, host, output, clock, externalCa } = context;
  const { files } = host;
  logStep(output, 'kubeconfig.go:112', `creating kubeconfig file for ${spec.file}`);
  const path = `${folderOf(context)}/${spec.file}`;
  const store = new CertificateStore(config.cluster.certificatesDir, files);
  const server = kubeconfigServer(spec, config);
  if ((await store.hasCertificate('ca')) && !(await store.hasKey('ca'))) {
    if (externalCa !== true) await requireGiven(spec, context);
    output.out(`[kubeconfig] External CA mode: Using user provided ${spec.file}\n`);
    return;
  }
  await requireCa(store, context);
  if (await files.exists(path)) {
    await checkKubeconfigFile(path, { files, store, server, output, clock });
    output.out(`[kubeconfig] Using existing kubeconfig file: "${path}"\n`);
    return;
  }
  const text = await clientKubeconfig(config, {
    files,
    server,
    user: spec.user(config),
    organizations: spec.organizations,
    validity: {
      notBefore: clock.now() - 5 * 60_000,
      notAfter: clock.now() + config.cluster.certificateValidityMs,
    },
  });
  output.out(`[kubeconfig] Writing "${spec.file}" kubeconfig file\n`);
  await files.write(path, text, { mode: 0o600 });
}

/** Throws, before anything else is looked at, where the CA cannot sign. */
async function requireCa(store: CertificateStore, context: InitContext): Promise<void> {
  const missing = !(await store.hasCertificate('ca')) || !(await store.hasKey('ca'));
  await store
    .require('ca')
    .catch(
      failed(
        missing
          ? 'the CA files do not exist, please run `kubeadm init phase certs ca` to generate it'
          : withoutAuthority,
      ),
    );
  const [certificate] = await store.chain('ca');
  warnOfValidity('ca', certificate, context);
}

/** Of an external CA these files come with its certificates, because kubeadm cannot make them. Throws for the first that is missing or does not fit. */
export async function requireGivenKubeconfigs(context: InitContext): Promise<void> {
  for (const file of ['controller-manager.conf', 'scheduler.conf', 'admin.conf', 'super-admin.conf', 'kubelet.conf']) {
    const spec = kubeconfigSpecs.find((each) => each.file === file);
    if (spec) await requireGiven(spec, context);
  }
}

async function requireGiven(spec: KubeconfigSpec, context: InitContext): Promise<void> {
  const { config, host, output, clock } = context;
  const path = `${folderOf(context)}/${spec.file}`;
  const fail = failed(`the ${spec.file} file does not exists or it is not valid`);
  if (!(await host.files.exists(path))) fail(new Error(`stat ${path}: no such file or directory`));
  const store = new CertificateStore(config.cluster.certificatesDir, host.files);
  const server = kubeconfigServer(spec, config);
  await checkKubeconfigFile(path, { files: host.files, store, server, output, clock }).catch(fail);
}

const withoutAuthority = "couldn't create a kubeconfig; the CA files couldn't be loaded";

/** The text of a kubeconfig with a client certificate, made for it by the cluster's CA. Throws when the CA's key is not here. */
export async function clientKubeconfig(
  config: InitConfig,
  of: {
    readonly files: StoreFiles;
    readonly server: string;
    readonly user: string;
    readonly organizations: readonly string[];
    readonly validity: Validity;
  },
): Promise<string> {
  const authority = await new CertificateStore(config.cluster.certificatesDir, of.files)
    .require('ca')
    .catch(failed(withoutAuthority));
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

function base64(text: string): string {
  return Buffer.from(text).toString('base64');
}
