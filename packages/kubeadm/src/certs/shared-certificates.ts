import { messagesOf } from '@typernetes/base';
import { readPublicKeys } from '@typernetes/pki';
import type { ClusterConfig } from '../config/internal.ts';
import type { InitContext } from '../init-context.ts';
import { requireText } from '../required-file.ts';
import { CertificateStore, failed, requirePrivateKey, type StoreFiles } from './certificate-store.ts';
import { requireAuthority } from './external-authority.ts';

/** Why a machine lacks what the control planes of a cluster share. A missing key of an authority is only a warning: it may be kept elsewhere. */
export async function sharedCertificateProblems(context: InitContext): Promise<string[]> {
  const { config, host, output } = context;
  const store = new CertificateStore(config.cluster.certificatesDir, host.files);
  const problems: string[] = [];
  const collect = (error: unknown): void => void problems.push(messagesOf(error));
  const authority = async (file: string, called: string): Promise<void> => {
    await requireAuthority(store, { file, called }, context);
    await store.key(file).catch((error: unknown) => {
      output.err(`[certs] WARNING: assuming external key for ${called}: ${messagesOf(error)}\n`);
    });
  };
  await authority('ca', 'CA').catch(collect);
  await requireTokenKeys(config.cluster, host.files).catch(collect);
  await authority('front-proxy-ca', 'front-proxy CA').catch(collect);
  if (config.cluster.storage.kind === 'stacked-etcd') await authority('etcd/ca', 'etcd CA').catch(collect);
  return problems;
}

async function requireTokenKeys({ certificatesDir }: ClusterConfig, files: StoreFiles): Promise<void> {
  const failedFor = failed('failure loading key for service account');
  const load = async (what: string, path: string, read: (text: string) => unknown): Promise<void> => {
    try {
      read(await requireText(files, path));
    } catch (cause) {
      throw new Error(`couldn't load the ${what} key file ${path}`, { cause });
    }
  };
  const privateFile = `${certificatesDir}/sa.key`;
  await load('private', privateFile, (text) => requirePrivateKey(text, privateFile)).catch(failedFor);
  const publicFile = `${certificatesDir}/sa.pub`;
  await load('public', publicFile, (text) => requirePublicKey(text, publicFile)).catch(failedFor);
}

function requirePublicKey(text: string, path: string): void {
  try {
    readPublicKeys(text);
  } catch {
    const why = 'data does not contain any valid RSA or ECDSA public keys';
    throw new Error(`error reading public key file ${path}: ${why}`);
  }
}
