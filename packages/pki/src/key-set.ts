import type { KeyObject } from 'node:crypto';
import { jwtAlgorithmOf, keyIdOf } from './jwt.ts';
import { publicHalf } from './key-pair.ts';

/** A JSON Web Key Set, served at `/openid/v1/jwks` so that others can verify service account tokens. */
export interface KeySet {
  readonly keys: readonly Readonly<Record<string, unknown>>[];
}

export function keySetOf(keys: readonly KeyObject[]): KeySet {
  return {
    keys: keys.map((key) => {
      const { kty, crv, ...numbers } = publicHalf(key).export({ format: 'jwk' });
      return { use: 'sig', kty, kid: keyIdOf(key), ...(crv ? { crv } : {}), alg: jwtAlgorithmOf(key), ...numbers };
    }),
  };
}
