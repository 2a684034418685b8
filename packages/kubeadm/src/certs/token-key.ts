import type { KeyObject } from 'node:crypto';
import { newPrivateKey } from '@typernetes/pki';
import type { InitConfig } from '../config/internal.ts';
import { tokenKeyAlgorithm } from '../config/key-algorithms.ts';
import type { Files } from '../host.ts';

/** Where the key that signs service accounts' tokens lies. */
export const tokenKeyFile = ({ cluster }: InitConfig): string => `${cluster.certificatesDir}/sa.key`;

/** A new key that signs service accounts' tokens. */
export const newTokenKey = ({ cluster }: InitConfig): Promise<KeyObject> => newPrivateKey(tokenKeyAlgorithm(cluster));

/**
 * Begins to make the key that the last phase of `certs` will ask for, on a thread beside the checks and the certificates before it: of RSA it takes
 * a tenth of a second. Resolves to nothing when there is a key or that phase is left out.
 */
export async function tokenKeyAhead(
  config: InitConfig,
  files: Pick<Files, 'exists'>,
): Promise<{ readonly key: Promise<KeyObject> } | undefined> {
  const skipped = config.skipPhases.some((path) => path === 'certs' || path === 'certs/sa');
  if (skipped || (await files.exists(tokenKeyFile(config)))) return undefined;
  const key = newTokenKey(config);
  // Whether it failed is asked by the phase.
  key.catch(() => {});
  return { key };
}
