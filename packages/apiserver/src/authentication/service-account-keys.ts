import type { KeyObject } from 'node:crypto';
import { type JwtClaims, signJwt } from '@typernetes/pki';
import type { ApiServerMaterial } from '../options/material.ts';

/** Signs and verifies service account tokens. */
export interface ServiceAccountKeys {
  /** Undefined where no tokens are made. */
  readonly sign: ((claims: JwtClaims) => Promise<string>) | undefined;
  /** Another list whenever the keys are others. */
  verifying(): readonly KeyObject[];
  /** The public keys for other verifiers. */
  published(): readonly KeyObject[];
  /** Waits until the keys are recent enough. */
  fresh?(): Promise<void>;
  /** After a token of an unknown key: whether there are other keys now. */
  renew?(): Promise<boolean>;
  /** The maximum lifetime of a signed token; default: no limit of the signer. */
  readonly maxSeconds?: number;
}

/** The keys named by flags. */
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
