import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Identity } from './identity.ts';

/** The paths of a certificate and its key; a directory of such pairs is what kubeadm calls a certificate directory. */
export interface IdentityFiles {
  readonly certificate: string;
  readonly privateKey: string;
}

/** `dir/name.crt` and `dir/name.key`. */
export function identityFiles(dir: string, name: string): IdentityFiles {
  return { certificate: `${dir}/${name}.crt`, privateKey: `${dir}/${name}.key` };
}

/** Reads both files; a missing one rejects with ENOENT. */
export async function readIdentity(files: IdentityFiles): Promise<Identity> {
  const [certificate, privateKey] = await Promise.all([
    readFile(files.certificate, 'utf8'),
    readFile(files.privateKey, 'utf8'),
  ]);
  return { certificate, privateKey };
}

/**
 * Writes the key (readable by the owner only) before the certificate, so that a certificate on disk always has its key.
 */
export async function writeIdentity(files: IdentityFiles, identity: Identity): Promise<void> {
  await writeKeyFile(files.privateKey, identity.privateKey);
  await writePublicFile(files.certificate, identity.certificate);
}

/** For private keys: mode 0600. */
export function writeKeyFile(path: string, pem: string): Promise<void> {
  return replaceFile(path, pem, 0o600);
}

/** For certificates and public keys: mode 0644. */
function writePublicFile(path: string, pem: string): Promise<void> {
  return replaceFile(path, pem, 0o644);
}

/** Replaces the file atomically: readers see the old content or the new, never a part. */
async function replaceFile(path: string, content: string, mode: number): Promise<void> {
  await mkdir(dirname(path), { recursive: true, mode: 0o755 });
  const next = `${path}.tmp`;
  await writeFile(next, content, { mode });
  await rename(next, path);
}
