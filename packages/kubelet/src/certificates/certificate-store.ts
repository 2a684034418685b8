import { mkdir, readFile, rename, rm, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { type Clock, codeOf } from '@typernetes/base';
import { writeKeyFile } from '@typernetes/pki';
import type { SignedPair } from './signing.ts';

export type PairName = 'kubelet-client' | 'kubelet-server';

/** `<name>-<time>.pem`, and the link `<name>-current.pem` that always names the newest. Returns the link's path. */
export async function storeCurrent(certDir: string, name: PairName, pair: SignedPair, clock: Clock): Promise<string> {
  await mkdir(certDir, { recursive: true, mode: 0o755 });
  const time = new Date(clock.now()).toISOString().slice(0, 19).replace('T', '-').replaceAll(':', '-');
  const file = join(certDir, `${name}-${time}.pem`);
  const current = currentPath(certDir, name);
  await writeKeyFile(file, `${pair.certificate.trimEnd()}\n${pair.privateKey}`);
  await rm(`${current}.tmp`, { force: true });
  await symlink(file, `${current}.tmp`);
  await rename(`${current}.tmp`, current);
  return current;
}

/** The pair in use; undefined when none was stored yet. */
export async function readCurrent(certDir: string, name: PairName): Promise<SignedPair | undefined> {
  try {
    return parsePair(await readFile(currentPath(certDir, name), 'utf8'));
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined;
    throw error;
  }
}

function currentPath(certDir: string, name: PairName): string {
  return join(certDir, `${name}-current.pem`);
}

/** The certificates and the key of one PEM text. */
function parsePair(pem: string): SignedPair {
  const certificate = (pem.match(/-----BEGIN CERTIFICATE-----[\s\S]*?-----END CERTIFICATE-----/g) ?? []).join('\n');
  const privateKey = /-----BEGIN ([A-Z ]*PRIVATE KEY)-----[\s\S]*?-----END \1-----/.exec(pem)?.[0] ?? '';
  if (certificate === '' || privateKey === '')
    throw new Error('Cannot read certificate: it needs a certificate and a key');
  return { certificate: `${certificate}\n`, privateKey: `${privateKey}\n` };
}
