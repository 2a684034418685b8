import { type Secret, secrets } from '@typernetes/api/core/v1';
import type { Informer, Informers } from '@typernetes/client';
import { tokenNamespace, tokenSecretType } from './token.ts';

/** All bootstrap tokens. */
export function bootstrapTokens(informers: Informers): Informer<Secret> {
  return informers.for(secrets, { namespace: tokenNamespace, fieldSelector: `type=${tokenSecretType}` });
}
