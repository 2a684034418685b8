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

/** Parses a Secret; throws, with upstream's message, if it is not a usable token. */
export function listedToken({ metadata, data = {} }: Secret): ListedToken {
  const { name = '' } = metadata;
  const id = decode(data['token-id']);
  if (id === '') throw new Error(`bootstrap Token Secret has no token-id data: ${name}`);
  const expected = bootstrapTokenSecretName(id);
  if (name !== expected) {
    throw new Error(
      `bootstrap token name is not of the form 'bootstrap-token-(token-id)'. Actual: "${name}". Expected: "${expected}"`,
    );
  }
  const secret = decode(data['token-secret']);
  if (secret === '') throw new Error(`bootstrap Token Secret has no token-secret data: ${name}`);
  const token = `${id}.${secret}`;
  // The value is not shown: it may be a real token with a typing error.
  if (!parseBootstrapToken(token)) throw new Error(`bootstrap Token Secret is invalid and couldn't be parsed: ${name}`);
  const expires = decode(data.expiration);
  if (expires !== '' && Number.isNaN(Date.parse(expires))) {
    throw new Error(
      `can't parse expiration time of bootstrap token "${name}": parsing time ${JSON.stringify(expires)}`,
    );
  }
  const groups = decode(data['auth-extra-groups']);
  return {
    token,
    expires: expires === '' ? undefined : expires,
    usages: Object.keys(data)
      .filter((name) => name.startsWith('usage-bootstrap-') && decode(data[name]) === 'true')
      .map((name) => name.slice('usage-bootstrap-'.length))
      .sort(),
    description: decode(data.description),
    groups: groups === '' ? [] : groups.split(','),
  };
}
