import type { X509Certificate } from 'node:crypto';
import { inspectCertificate, verifyCertificate } from '@typernetes/pki';
import { type CertificateStore, failed } from './certificate-store.ts';
import { type Warned, warnOfValidity } from './validity-warning.ts';

/** Who keeps the key of an authority. */
export interface Authority {
  /** The certificate is on this machine, the key is not: what it has signed must be here. */
  readonly external: boolean;
  /** What is wrong with its certificate or, if it is external, with those that it has signed. */
  readonly problem?: unknown;
}

interface Called {
  readonly file: string;
  /** In upstream's messages. */
  readonly called: string;
}

/** The authorities, by file, and the certificates that an external one has to have signed, in upstream's order. */
const needed: Readonly<Record<string, { readonly called: string; readonly leaves: readonly Called[] }>> = {
  ca: {
    called: 'CA',
    leaves: [
      { file: 'apiserver', called: 'API server' },
      { file: 'apiserver-kubelet-client', called: 'API server kubelet client' },
    ],
  },
  'front-proxy-ca': {
    called: 'front-proxy CA',
    leaves: [{ file: 'front-proxy-client', called: 'front-proxy client' }],
  },
  'etcd/ca': {
    called: 'etcd CA',
    leaves: [
      { file: 'apiserver-etcd-client', called: 'apiserver etcd client' },
      { file: 'etcd/server', called: 'etcd server' },
      { file: 'etcd/peer', called: 'etcd peer' },
      { file: 'etcd/healthcheck-client', called: 'etcd health-check client' },
    ],
  },
};

/** Looks whether the authority in files of that name is external. */
export async function authorityState(store: CertificateStore, file: string, warned: Warned): Promise<Authority> {
  const { called = file, leaves = [] } = needed[file] ?? {};
  try {
    await requireAuthority(store, { file, called }, warned);
  } catch (problem) {
    return { external: false, problem };
  }
  if (await store.hasKey(file)) return { external: false };
  try {
    const [root] = await store.chain(file);
    for (const leaf of leaves) await requireSigned(store, { ...leaf, root }, warned);
    return { external: true };
  } catch (problem) {
    return { external: true, problem };
  }
}

/** Throws where there is no certificate of an authority. */
export async function requireAuthority(
  store: CertificateStore,
  { file, called }: Called,
  warned: Warned,
): Promise<void> {
  const [certificate] = await store.chain(file).catch(failed(`failure loading certificate for ${called}`));
  warnOfValidity(called, certificate, warned);
  if (!inspectCertificate(certificate).isAuthority) throw new Error(`certificate ${called} is not a CA`);
}

async function requireSigned(
  store: CertificateStore,
  { file, called, root }: Called & { readonly root: X509Certificate },
  warned: Warned,
): Promise<void> {
  await store.key(file).catch(failed(`failure loading key for ${file}`));
  const [leaf, ...intermediates] = await store.chain(file).catch(failed(`failure loading certificate for ${called}`));
  warnOfValidity(called, leaf, warned);
  try {
    verifyCertificate(leaf, { roots: [root], intermediates, now: warned.clock.now() });
  } catch (cause) {
    throw new Error(`certificate ${called} is not signed by corresponding CA`, { cause });
  }
}
