import type { KeyObject } from 'node:crypto';
import { type JwtClaims, signJwt } from '@typernetes/pki';
import type { ApiServerMaterial } from '../options/material.ts';

/** By what tokens of service accounts are signed and verified. */
export interface ServiceAccountKeys {
  /** Undefined where no tokens are made. */
  readonly sign: ((claims: JwtClaims) => Promise<string>) | undefined;
  /** Another list whenever the keys are others. */
  verifying(): readonly KeyObject[];
  /** Those by which others may verify. */
  published(): readonly KeyObject[];
  /** Waits until the keys are no older than they may be. */
  fresh?(): Promise<void>;
  /** After a token of an unknown key: whether there are other keys now. */
  renew?(): Promise<boolean>;
  /** The maximum lifetime of a signed token; default: no limit of the signer. */
  readonly maxSeconds?: number;
}

/** The keys that flags name. */
export function ownKeys(
  material: Pick<ApiServerMaterial, 'serviceAccountKeys' | 'serviceAccountSigningKey'>,
): ServiceAccountKeys {
  const { serviceAccountKeys: keys, serviceAccountSigningKey: signingKey } = material;
  return {
    sign: signingKey && ((claims) => signJwt(signingKey, claims)),
    verifying: () => keys,
    published: () => keys,
  };
}
