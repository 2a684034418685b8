import { X509Certificate } from 'node:crypto';
import { messagesOf } from '@typernetes/base';
import { formatKubeconfig, type Kubeconfig, parseKubeconfig } from '@typernetes/client';
import { type CertificateInfo, createLeaf, type Identity, inspectCertificate, type Usage } from '@typernetes/pki';
import type { ClusterConfig } from '../config/internal.ts';
import { certificateKeyAlgorithm } from '../config/key-algorithms.ts';
import type { Files } from '../host.ts';
import { kubernetesFolder } from '../paths.ts';
import { type AuthoritySpec, authorities, leafFile } from './certificate-list.ts';
import { CertificateStore } from './certificate-store.ts';

/** A control plane certificate that kubeadm can renew: a file of the pki folder, or one embedded in a kubeconfig. */
export interface Renewable {
  /** As `certs renew NAME` takes it. */
  readonly name: string;
  /** What it is for, in upstream's words. */
  readonly what: string;
  readonly authority: AuthoritySpec;
  /** Undefined when it is not there. */
  read(files: Pick<Files, 'read'>): Promise<CertificateInfo | undefined>;
  /** Replaces it with a certificate of the same names and a new key. */
  renew(files: Pick<Files, 'read' | 'write'>, of: { old: CertificateInfo; now: number }): Promise<void>;
}

const allowedSkewMs = 5 * 60_000;
const clientUsages: readonly Usage[] = ['digital signature', 'key encipherment', 'client auth'];

const kubeconfigs = [
  ['admin.conf', 'certificate embedded in the kubeconfig file for the admin to use and for kubeadm itself'],
  ['controller-manager.conf', 'certificate embedded in the kubeconfig file for the controller manager to use'],
  ['scheduler.conf', 'certificate embedded in the kubeconfig file for the scheduler manager to use'],
  ['super-admin.conf', 'certificate embedded in the kubeconfig file for the super-admin'],
] as const;

/** The name and purpose of a renewable certificate. */
export type RenewableName = Pick<Renewable, 'name' | 'what'>;

const whatOf = (short: string): string => short.replace(/^Generate the /, '');

/** All certificates that a cluster may have, by name. */
export const renewableNames: readonly RenewableName[] = [
  ...kubeconfigs.map(([name, what]) => ({ name, what })),
  ...authorities.flatMap(({ leaves }) => leaves.map(({ name, short }) => ({ name, what: whatOf(short) }))),
].sort((a, b) => (a.name < b.name ? -1 : 1));

/** The authorities that a cluster uses. */
export const authoritiesOf = (cluster: ClusterConfig): AuthoritySpec[] =>
  authorities.filter(({ neededBy }) => neededBy?.(cluster) ?? true);

/** Everything that `certs renew all` renews, by name. */
export function renewables(cluster: ClusterConfig): Renewable[] {
  const leaves = authoritiesOf(cluster).flatMap((authority) =>
    authority.leaves.map(
      (leaf): Renewable => ({
        name: leaf.name,
        what: whatOf(leaf.short),
        authority,
        read: async (files) => {
          const file = leafFile(leaf);
          const store = new CertificateStore(cluster.certificatesDir, files as Files);
          if ((await store.find(file)).certificate === undefined) return undefined;
          const [certificate] = await store.chain(file).catch((error: unknown) => {
            const why = messagesOf(error).replace(/^couldn't load the certificate file [^:]*: /, '');
            throw new Error(`failed to load existing certificate ${file}: ${why}`);
          });
          return inspectCertificate(certificate);
        },
        renew: async (files, of) => {
          const store = new CertificateStore(cluster.certificatesDir, files);
          const next = await issue(cluster, await store.require(authority.file), { ...of, usages: leaf.usages });
          await store.save(leafFile(leaf), next);
        },
      }),
    ),
  );
  const [ca] = authorities as readonly [AuthoritySpec];
  const embedded = kubeconfigs.map(([name, what]) => embeddedIn(cluster, { name, what, authority: ca }));
  return [...embedded, ...leaves].sort((a, b) => (a.name < b.name ? -1 : 1));
}

function kubeconfigIn(path: string, text: string): Kubeconfig {
  try {
    return parseKubeconfig(text);
  } catch (cause) {
    throw new Error(`failed to load kubeConfig file ${path}`, { cause });
  }
}

function embeddedIn(cluster: ClusterConfig, of: Pick<Renewable, 'name' | 'what' | 'authority'>): Renewable {
  const path = `${kubernetesFolder}/${of.name}`;
  return {
    ...of,
    read: async (files) => {
      const text = await files.read(path);
      if (text === undefined) return undefined;
      const [user] = Object.values(kubeconfigIn(path, text).users);
      const data = user?.['client-certificate-data'];
      return data === undefined ? undefined : inspectCertificate(new X509Certificate(Buffer.from(data, 'base64')));
    },
    renew: async (files, { old, now }) => {
      const kubeconfig = parseKubeconfig((await files.read(path)) ?? '');
      const authority = await new CertificateStore(cluster.certificatesDir, files).require(of.authority.file);
      const next = await issue(cluster, authority, { old, now, usages: clientUsages });
      const fresh = {
        'client-certificate-data': Buffer.from(next.certificate).toString('base64'),
        'client-key-data': Buffer.from(next.privateKey).toString('base64'),
      };
      const users = Object.fromEntries(
        Object.entries(kubeconfig.users).map(([name, user]) => [name, { ...user, ...fresh }]),
      );
      await files.write(path, formatKubeconfig({ ...kubeconfig, users }), { mode: 0o600 });
    },
  };
}

function issue(
  cluster: ClusterConfig,
  authority: Identity,
  { old, now, usages }: { old: CertificateInfo; now: number; usages: readonly Usage[] },
): Promise<Identity> {
  const { commonName, organizations, dnsNames, ipAddresses } = old;
  return createLeaf(
    authority,
    {
      commonName,
      organizations,
      dnsNames,
      ipAddresses,
      usages,
      notBefore: now - allowedSkewMs,
      notAfter: now + cluster.certificateValidityMs,
    },
    certificateKeyAlgorithm(cluster),
  );
}
