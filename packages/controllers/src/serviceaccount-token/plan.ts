import type { Secret, ServiceAccount } from '@typernetes/api/core/v1';

export const tokenSecretType = 'kubernetes.io/service-account-token';
export const accountNameAnnotation = 'kubernetes.io/service-account.name';
export const accountUidAnnotation = 'kubernetes.io/service-account.uid';

type TokenPlan =
  | { readonly action: 'none' }
  /** Its account is gone, or is another one of that name. */
  | { readonly action: 'delete' }
  | {
      readonly action: 'fill';
      readonly uid: string;
      readonly data: Readonly<Record<string, string>>;
      readonly mint: boolean;
    };

const encode = (text: string): string => Buffer.from(text).toString('base64');

/** `mint` creates a token, and is only called if a new one is needed. */
export function planToken(secret: Secret, account: ServiceAccount | undefined, rootCa: string | undefined): TokenPlan {
  const { annotations = {}, namespace = '', deletionTimestamp } = secret.metadata;
  if (secret.type !== tokenSecretType || deletionTimestamp !== undefined) return { action: 'none' };
  const uid = annotations[accountUidAnnotation];
  if (!account || (uid && uid !== account.metadata.uid)) return { action: 'delete' };
  const data = { ...secret.data, namespace: encode(namespace), ...(rootCa ? { 'ca.crt': encode(rootCa) } : {}) };
  const mint = !secret.data?.token;
  const same = Object.entries(data).every(([name, value]) => secret.data?.[name] === value);
  if (same && !mint && uid) return { action: 'none' };
  return { action: 'fill', uid: account.metadata.uid, data, mint };
}
