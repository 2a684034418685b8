import { formatKubeconfig, type Kubeconfig, parseKubeconfig } from '@typernetes/client';
import { type CertificateInfo, type Identity, inspectCertificate, readCertificates } from '@typernetes/pki';
import type { Files } from '../host.ts';
import { requireText } from '../required-file.ts';

/** The client certificate in a kubeconfig. Throws, in upstream's words, where there is none that could be renewed. */
export async function readEmbedded(path: string, files: Pick<Files, 'read'>): Promise<CertificateInfo> {
  const { kubeconfig, cluster, user } = current(path, await load(path, files));
  if (!kubeconfig.clusters[cluster]?.['certificate-authority-data']) {
    throw new Error(`kubeConfig file ${path} does not have an embedded server certificate`);
  }
  const data = kubeconfig.users[user]?.['client-certificate-data'];
  if (!data) throw new Error(`kubeConfig file ${path} does not have an embedded client certificate`);
  try {
    const [certificate] = readCertificates(Buffer.from(data, 'base64').toString('utf8'));
    return inspectCertificate(certificate as NonNullable<typeof certificate>);
  } catch (cause) {
    throw new Error(`kubeConfig file ${path} does not contain a valid client certificate`, { cause });
  }
}

/** Puts another certificate into the current context of a kubeconfig, and the authority that has signed it. */
export async function writeEmbedded(
  path: string,
  files: Pick<Files, 'read' | 'write'>,
  { identity, authority }: { identity: Identity; authority: Identity },
): Promise<void> {
  const { kubeconfig, cluster, user } = current(path, await load(path, files));
  const clusters = {
    ...kubeconfig.clusters,
    [cluster]: { ...kubeconfig.clusters[cluster], 'certificate-authority-data': base64(authority.certificate) },
  };
  const users = {
    ...kubeconfig.users,
    [user]: {
      ...kubeconfig.users[user],
      'client-certificate-data': base64(identity.certificate),
      'client-key-data': base64(identity.privateKey),
    },
  };
  await files.write(path, formatKubeconfig({ ...kubeconfig, clusters, users } as Kubeconfig), { mode: 0o600 });
}

async function load(path: string, files: Pick<Files, 'read'>): Promise<Kubeconfig> {
  try {
    return parseKubeconfig(await requireText(files, path));
  } catch (cause) {
    throw new Error(`failed to load kubeConfig file ${path}`, { cause });
  }
}

/** The names in the current context of a kubeconfig. */
function current(
  path: string,
  kubeconfig: Kubeconfig,
): { readonly kubeconfig: Kubeconfig; readonly cluster: string; readonly user: string } {
  const invalid = (what: string): never => {
    throw new Error(`invalid kubeConfig file ${path}: missing ${what}`);
  };
  const context = kubeconfig.contexts[kubeconfig.currentContext];
  if (!context) return invalid(`context ${kubeconfig.currentContext}`);
  const { cluster = '', user = '' } = context;
  if (!kubeconfig.clusters[cluster]) invalid(`cluster ${cluster}`);
  if (!kubeconfig.users[user]) invalid(`authInfo ${user}`);
  return { kubeconfig, cluster, user };
}

const base64 = (text: string): string => Buffer.from(text).toString('base64');
