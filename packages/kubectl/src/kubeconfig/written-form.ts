import { closeSync, existsSync, mkdirSync, openSync, realpathSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { codeOf } from '@typernetes/base';
import type { Kubeconfig } from '@typernetes/client';
import { isJsonObject } from '@typernetes/machinery';
import { encodeYaml } from '@typernetes/process';

/** Fields in the order of upstream's types, as in its JSON; its YAML is sorted. */
const orders: Readonly<Record<string, readonly string[]>> = {
  cluster: [
    'server',
    'tls-server-name',
    'insecure-skip-tls-verify',
    'certificate-authority',
    'certificate-authority-data',
    'proxy-url',
    'disable-compression',
    'extensions',
  ],
  user: [
    'client-certificate',
    'client-certificate-data',
    'client-key',
    'client-key-data',
    'token',
    'tokenFile',
    'as',
    'as-uid',
    'as-groups',
    'as-user-extra',
    'username',
    'password',
    'auth-provider',
    'exec',
    'extensions',
  ],
  context: ['cluster', 'user', 'namespace', 'extensions'],
  'auth-provider': ['name', 'config'],
  exec: ['command', 'args', 'env', 'apiVersion', 'installHint', 'provideClusterInfo', 'interactiveMode'],
};

/** Fields that are written even if they are empty. */
const always: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  cluster: { server: '' },
  user: {},
  context: { cluster: '', user: '' },
  exec: { command: '', args: null, env: null, provideClusterInfo: false },
};

/** The content of a file: entries sorted by name, empty lists as null, without empty fields. */
export function writtenForm({ currentContext, clusters, users, contexts, ...others }: Kubeconfig): object {
  const list = (entries: Readonly<Record<string, object>>, field: string): object[] | null => {
    const sorted = Object.entries(entries).sort(([a], [b]) => (a < b ? -1 : 1));
    return sorted.length === 0 ? null : sorted.map(([name, entry]) => ({ name, [field]: ordered(entry, field) }));
  };
  const { colors, extensions: ofPreferences } = others.preferences ?? {};
  const named = byName(ofPreferences);
  const preferences = { ...(colors ? { colors } : {}), ...(named.length > 0 ? { extensions: named } : {}) };
  const extensions = byName(others.extensions);
  return {
    kind: 'Config',
    apiVersion: 'v1',
    ...(isEmpty(preferences) ? {} : { preferences }),
    clusters: list(clusters, 'cluster'),
    users: list(users, 'user'),
    contexts: list(contexts, 'context'),
    'current-context': currentContext,
    ...(extensions.length > 0 ? { extensions } : {}),
  };
}

const byName = (list: Kubeconfig['extensions'] = []): object[] =>
  [...list].sort((a, b) => (a.name < b.name ? -1 : 1)).map(({ name, extension }) => ({ name, extension }));
const isEmpty = (object: object): boolean => Object.keys(object).length === 0;

function ordered(entry: object, kind: string): object {
  const kept = kind === 'exec' ? Array.isArray : () => false;
  const given = Object.fromEntries(Object.entries(entry).filter(([, value]) => saysSomething(value) || kept(value)));
  const fields: Record<string, unknown> = { ...always[kind], ...given };
  for (const part of ['exec', 'auth-provider']) {
    const value = fields[part];
    if (isJsonObject(value)) fields[part] = ordered(value, part);
  }
  const order = orders[kind] ?? [];
  const rank = (field: string): number => (order.includes(field) ? order.indexOf(field) : order.length);
  return Object.fromEntries(Object.entries(fields).sort(([a], [b]) => rank(a) - rank(b)));
}

function saysSomething(value: unknown): boolean {
  if (value === undefined || value === null || value === '' || value === false) return false;
  return !Array.isArray(value) || value.length > 0;
}

/**
 * Writes the file atomically with mode 0600; through a symbolic link, its target is written. Throws if another process holds the lock, a
 * file with the suffix `.lock`.
 */
export function writeKubeconfigFile(path: string, config: Kubeconfig): void {
  mkdirSync(dirname(path), { recursive: true });
  const lock = `${path}.lock`;
  try {
    closeSync(openSync(lock, 'wx', 0o600));
  } catch (error) {
    if (codeOf(error) === 'EEXIST') throw new Error(`open ${lock}: file exists`);
    throw error;
  }
  try {
    const file = existsSync(path) ? realpathSync(path) : path;
    const temporary = `${file}.tmp`;
    writeFileSync(temporary, encodeYaml(writtenForm(config)), { mode: 0o600 });
    renameSync(temporary, file);
  } finally {
    rmSync(lock, { force: true });
  }
}
