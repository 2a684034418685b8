import { createHmac, randomInt, timingSafeEqual } from 'node:crypto';

/** `id.secret`: the token a machine presents to join a cluster. The id is public, the secret is not. */
export interface BootstrapToken {
  readonly id: string;
  readonly secret: string;
}

const bootstrapTokenPattern = /^([a-z0-9]{6})\.([a-z0-9]{16})$/;
export const bootstrapTokenIdPattern = /^[a-z0-9]{6}$/;

/** The name of the Secret in kube-system that holds a token. */
export function bootstrapTokenSecretName(id: string): string {
  return `bootstrap-token-${id}`;
}

/** Undefined when the text is not a token. */
export function parseBootstrapToken(text: string): BootstrapToken | undefined {
  const [, id, secret] = bootstrapTokenPattern.exec(text) ?? [];
  return id !== undefined && secret !== undefined ? { id, secret } : undefined;
}

export function formatBootstrapToken(token: BootstrapToken): string {
  return `${token.id}.${token.secret}`;
}

/** A new token from the platform's source of secrets. */
export function newBootstrapToken(): BootstrapToken {
  return { id: secretText(6), secret: secretText(16) };
}

const alphabet = '0123456789abcdefghijklmnopqrstuvwxyz';

function secretText(length: number): string {
  return Array.from({ length }, () => alphabet[randomInt(alphabet.length)]).join('');
}

/** The key under which the cluster-info ConfigMap holds a token's signature of its kubeconfig. */
export function clusterInfoSignatureKey(tokenId: string): string {
  return `jws-kubeconfig-${tokenId}`;
}

/**
 * The detached JWS (HS256, `header..signature`) of `content`, signed with a token: proves to a holder of the token that
 * the content was not changed.
 */
export function signDetached(content: string, token: BootstrapToken): string {
  const header = encode(JSON.stringify({ alg: 'HS256', kid: token.id }));
  return `${header}..${mac(`${header}.${encode(content)}`, token.secret)}`;
}

/** Whether `signature` is the token's detached JWS of `content`. */
export function verifyDetached(content: string, signature: string, token: BootstrapToken): boolean {
  const wanted = Buffer.from(signDetached(content, token));
  const given = Buffer.from(signature);
  return wanted.length === given.length && timingSafeEqual(wanted, given);
}

function encode(text: string): string {
  return Buffer.from(text).toString('base64url');
}

function mac(text: string, secret: string): string {
  return createHmac('sha256', secret).update(text).digest('base64url');
}
