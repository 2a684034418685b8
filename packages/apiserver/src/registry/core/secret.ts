import type { Secret } from '@typernetes/api/core/v1';
import { validateSecret, validateSecretUpdate } from '@typernetes/api/validation';
import { recordStrategy } from '../strategies.ts';
import type { Strategy } from '../strategy.ts';

/** `stringData` is for writers alone: its values end up in `data`, over those of the same key. */
export function encodeStringData(secret: Secret): void {
  const { stringData } = secret;
  if (!stringData) return;
  const encoded = Object.entries(stringData).map(([key, text]) => [key, Buffer.from(text).toString('base64')] as const);
  secret.data = { ...secret.data, ...Object.fromEntries(encoded) };
  delete secret.stringData;
}

export const secretStrategy: Strategy<Secret> = {
  ...(recordStrategy as Strategy<Secret>),
  normalize: encodeStringData,
  validate: validateSecret,
  validateUpdate: validateSecretUpdate,
};
