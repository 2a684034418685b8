import { type CertificateInfo, createLeaf, type Identity, inspectCertificate, type Usage } from '@typernetes/pki';
import type { ClusterConfig } from '../config/internal.ts';
import { certificateKeyAlgorithm } from '../config/key-algorithms.ts';
import { kubernetesFolder } from '../paths.ts';
import { type AuthoritySpec, authorities, leafFile } from './certificate-list.ts';
import { CertificateStore, failed, type StoreFiles } from './certificate-store.ts';
import { readEmbedded, writeEmbedded } from './embedded-certificate.ts';
import { authorityState } from './external-authority.ts';
import type { Warned } from './validity-warning.ts';

/** A control plane certificate that kubeadm can renew: a file of the pki folder, or one embedded in a kubeconfig. */
export interface Renewable {
  /** As `certs renew NAME` takes it. */
  readonly name: string;
  /** What it is for, in upstream's words. */
  readonly what: string;
  readonly authority: AuthoritySpec;
  readonly usages: readonly Usage[];
  exists(files: StoreFiles): Promise<boolean>;
  read(files: StoreFiles): Promise<CertificateInfo>;
  write(files: StoreFiles, of: { identity: Identity; authority: Identity }): Promise<void>;
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
        usages: leaf.usages,
        exists: (files) => new CertificateStore(cluster.certificatesDir, files).hasCertificate(leafFile(leaf)),
        read: async (files) => {
          const file = leafFile(leaf);
          const store = new CertificateStore(cluster.certificatesDir, files);
          const [certificate] = await store.chainOf(file).catch(failed(`failed to load existing certificate ${file}`));
          return inspectCertificate(certificate);
        },
        write: (files, { identity }) =>
          new CertificateStore(cluster.certificatesDir, files).save(leafFile(leaf), identity),
      }),
    ),
  );
  const [ca] = authorities as readonly [AuthoritySpec];
  const embedded = kubeconfigs.map(([name, what]) => embeddedIn({ name, what, authority: ca }));
  return [...embedded, ...leaves].sort((a, b) => (a.name < b.name ? -1 : 1));
}

function embeddedIn(of: Pick<Renewable, 'name' | 'what' | 'authority'>): Renewable {
  const path = `${kubernetesFolder}/${of.name}`;
  return {
    ...of,
    usages: clientUsages,
    exists: (files) => files.exists(path),
    read: (files) => readEmbedded(path, files),
    write: (files, identities) => writeEmbedded(path, files, identities),
  };
}

/** Replaces a certificate with one of the same names and a new key. False where the key of its authority is not on this machine. */
export async function renewByLocalAuthority(
  item: Renewable,
  { cluster, files, warned }: { cluster: ClusterConfig; files: StoreFiles; warned: Warned },
): Promise<boolean> {
  const store = new CertificateStore(cluster.certificatesDir, files);
  if (await isExternal(item.authority.file, store, warned)) return false;
  const old = await item.read(files);
  const authority = await store.authority(item.authority.file);
  const identity = await issue(cluster, authority, { old, now: warned.clock.now(), usages: item.usages });
  await item.write(files, { identity, authority });
  return true;
}

/** Whether an authority's key is not on this machine. Throws where its certificate, or one that it has signed, cannot be used. */
export async function isExternal(file: string, store: CertificateStore, warned: Warned): Promise<boolean> {
  const { external, problem } = await authorityState(store, file, warned);
  if (problem === undefined) return external;
  throw new Error(`Error checking external CA condition for ${file} certificate authority`, { cause: problem });
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
