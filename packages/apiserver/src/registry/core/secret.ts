import type { Secret } from '@typernetes/api/core/v1';
import { validateSecret, validateSecretUpdate } from '@typernetes/api/validation';
import { pairProblem } from '@typernetes/pki';
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

/** A certificate and a key should be a pair. */
function* secretWarnings({ type, data = {} }: Secret): Iterable<string> {
  if (type !== 'kubernetes.io/tls') return;
  const textOf = (key: string): string => Buffer.from(data[key] ?? '', 'base64').toString('latin1');
  const problem = pairProblem(textOf('tls.crt'), textOf('tls.key'));
  if (problem !== undefined) yield problem;
}

export const secretStrategy: Strategy<Secret> = {
  ...(recordStrategy as Strategy<Secret>),
  normalize: encodeStringData,
  validate: validateSecret,
  validateUpdate: validateSecretUpdate,
  warningsOnCreate: secretWarnings,
  warningsOnUpdate: secretWarnings,
};
