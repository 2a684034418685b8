import type { Secret } from '@typernetes/api/core/v1';
import type { AuthConfig } from '@typernetes/cri';
import { qualified } from './image-name.ts';

interface RegistryEntry {
  readonly username?: string;
  readonly password?: string;
  readonly auth?: string;
}

/** The credentials of a docker configuration secret that fit the image, those for the longest path first. */
export function registryCredentials(secret: Pick<Secret, 'data'>, image: string): AuthConfig[] {
  const entries = { ...decode(secret.data?.['.dockercfg']), ...auths(secret.data?.['.dockerconfigjson']) };
  const target = qualified(image);
  return Object.entries(entries)
    .map(([key, entry]) => ({ prefix: prefixOf(key), entry }))
    .filter(({ prefix }) => target === prefix || target.startsWith(`${prefix}/`) || target.startsWith(`${prefix}:`))
    .sort((a, b) => b.prefix.length - a.prefix.length)
    .map(({ entry, prefix }) => ({ ...userOf(entry), serverAddress: prefix.split('/')[0] ?? prefix }));
}

function decode(data: string | undefined): Readonly<Record<string, RegistryEntry>> {
  if (data === undefined) return {};
  return JSON.parse(Buffer.from(data, 'base64').toString()) as Record<string, RegistryEntry>;
}

function auths(data: string | undefined): Readonly<Record<string, RegistryEntry>> {
  const document = decode(data) as { auths?: Record<string, RegistryEntry> };
  return document.auths ?? {};
}

function userOf({ username, password, auth }: RegistryEntry): AuthConfig {
  if (username !== undefined || auth === undefined) return { username: username ?? '', password: password ?? '' };
  const text = Buffer.from(auth, 'base64').toString();
  const colon = text.indexOf(':');
  return { username: text.slice(0, colon), password: text.slice(colon + 1) };
}

/** `https://index.docker.io/v1/` is how Docker names its own registry. */
function prefixOf(key: string): string {
  const path = key.replace(/^https?:\/\//, '').replace(/\/(v[12]\/?)?$/, '');
  return path === 'index.docker.io' ? 'docker.io' : path;
}
