import type { Secret } from '@typernetes/api/core/v1';
import { timestamp } from '@typernetes/base';
import type { Draft } from '@typernetes/machinery';
import { bootstrapTokenSecretName, parseBootstrapToken } from '@typernetes/pki';
import type { BootstrapTokenSpec } from '../config/internal.ts';

const encode = (text: string): string => Buffer.from(text).toString('base64');
const decode = (text: string | undefined): string => Buffer.from(text ?? '', 'base64').toString('utf8');

/** The Secret that makes a token valid. */
export function tokenSecret(spec: BootstrapTokenSpec, now: number): Draft<Secret> {
  const token = parseBootstrapToken(spec.token);
  if (!token)
    throw new Error(
      `the bootstrap token "${spec.token}" was not of the form "\\\\A([a-z0-9]{6})\\\\.([a-z0-9]{16})\\\\z"`,
    );
  const expiration = spec.expires ?? (spec.ttlMs > 0 ? timestamp(now + spec.ttlMs) : undefined);
  const fields: Record<string, string> = {
    'token-id': token.id,
    'token-secret': token.secret,
    ...(spec.description ? { description: spec.description } : {}),
    ...(expiration ? { expiration } : {}),
    ...Object.fromEntries(spec.usages.map((usage) => [`usage-bootstrap-${usage}`, 'true'])),
    ...(spec.groups.length > 0 ? { 'auth-extra-groups': spec.groups.join(',') } : {}),
  };
  return {
    metadata: { name: bootstrapTokenSecretName(token.id), namespace: 'kube-system' },
    type: 'bootstrap.kubernetes.io/token',
    data: Object.fromEntries(Object.entries(fields).map(([name, value]) => [name, encode(value)])),
  };
}

/** A token as `token list` shows it. */
export interface ListedToken {
  readonly token: string;
  /** RFC 3339; undefined when it never expires. */
  readonly expires: string | undefined;
  readonly usages: readonly string[];
  readonly description: string;
  readonly groups: readonly string[];
}

/** Reads a Secret back; undefined when it is not a usable token. */
export function listedToken(secret: Secret): ListedToken | undefined {
  const data = secret.data ?? {};
  const id = decode(data['token-id']);
  if (secret.metadata.name !== bootstrapTokenSecretName(id)) return undefined;
  const groups = decode(data['auth-extra-groups']);
  return {
    token: `${id}.${decode(data['token-secret'])}`,
    expires: data.expiration === undefined ? undefined : decode(data.expiration),
    usages: Object.keys(data)
      .filter((name) => name.startsWith('usage-bootstrap-') && decode(data[name]) === 'true')
      .map((name) => name.slice('usage-bootstrap-'.length))
      .sort(),
    description: decode(data.description),
    groups: groups === '' ? [] : groups.split(',').sort(),
  };
}
