import type { KeyObject } from 'node:crypto';
import { newPrivateKey } from '@typernetes/pki';
import type { InitConfig } from '../config/internal.ts';
import { tokenKeyAlgorithm } from '../config/key-algorithms.ts';
import type { Files } from '../host.ts';

/** The paths of the key pair that signs service account tokens. */
export const tokenKeyFile = ({ cluster }: InitConfig): string => `${cluster.certificatesDir}/sa.key`;

/** Creates a new signing key for service account tokens. */
export const newTokenKey = ({ cluster }: InitConfig): Promise<KeyObject> => newPrivateKey(tokenKeyAlgorithm(cluster));

/**
 * Starts generating the key for the last phase of `certs` on another thread, while checks and other certificates are still under way: an RSA key takes
 * a tenth of a second. Resolves to nothing when there is a key or that phase is left out.
 */
export async function tokenKeyAhead(
  config: InitConfig,
  files: Pick<Files, 'exists'>,
): Promise<{ readonly key: Promise<KeyObject> } | undefined> {
  const skipped = config.skipPhases.some((path) => path === 'certs' || path === 'certs/sa');
  if (skipped || (await files.exists(tokenKeyFile(config)))) return undefined;
  const key = newTokenKey(config);
  // The phase awaits the promise itself, and reports a failure.
  key.catch(() => {});
  return { key };
}
