import { existsSync } from 'node:fs';
import { dirname, isAbsolute, relative, resolve } from 'node:path';
import type { Preferences } from '@typernetes/api/clientcmd/v1';
import { type Kubeconfig, kubeconfigPaths, loadKubeconfigAsWritten, mergeKubeconfigs } from '@typernetes/client';
import { writeKubeconfigFile } from './written-form.ts';

export type StanzaKind = 'clusters' | 'contexts' | 'users';
export type Stanza<K extends StanzaKind> = Kubeconfig[K][string];

/**
 * The files that make up the kubeconfig, for reading unresolved and for changing: an existing entry is changed in its file, a
 * new one is added to the first file that exists, or to the last of the list if none does.
 */
export class KubeconfigFiles {
  readonly #paths: readonly string[];

  constructor(environment: Readonly<Record<string, string | undefined>>, given: string | undefined) {
    this.#paths = kubeconfigPaths(environment, given);
  }

  /** The merged files, with paths as written. */
  merged(): Kubeconfig {
    return mergeKubeconfigs(this.#paths.map(read));
  }

  /** The file for messages and for new entries. */
  get defaultFile(): string {
    return this.#paths.find((path) => existsSync(path)) ?? (this.#paths.at(-1) as string);
  }

  /** Sets the entry in the file that has it; undefined removes it. */
  put<K extends StanzaKind>(kind: K, name: string, stanza: Stanza<K> | undefined): void {
    const path = this.#paths.find((file) => Object.hasOwn(read(file)[kind], name)) ?? this.defaultFile;
    const config = read(path);
    const { [name]: _before, ...others } = config[kind] as Record<string, Stanza<K>>;
    const entries = stanza ? { ...others, [name]: withRelativePaths(stanza, dirname(resolve(path))) } : others;
    writeKubeconfigFile(path, { ...config, [kind]: entries });
  }

  /** Stores the tokens of a user's `auth-provider` in the file that has the user. */
  keepProvider(userName: string, config: Readonly<Record<string, string>>): void {
    const user = this.merged().users[userName];
    const provider = user?.['auth-provider'];
    if (user && provider) this.put('users', userName, { ...user, 'auth-provider': { ...provider, config } });
  }

  /** Removes the entries of a kind from every file that has some. */
  removeAll(kind: StanzaKind): void {
    for (const path of this.#paths)
      if (Object.keys(read(path)[kind]).length > 0) writeKubeconfigFile(path, { ...read(path), [kind]: {} });
  }

  /** Sets the preferences in the first file that has others. */
  setPreferences(preferences: Preferences | undefined): void {
    const said = ({ colors = false, extensions = [] }: Preferences = {}): string =>
      JSON.stringify([colors, extensions]);
    const wanted = said(preferences);
    if (said(this.merged().preferences) === wanted) return;
    const path = this.#paths.find((file) => said(read(file).preferences) !== wanted);
    if (path === undefined) throw new Error('no config found to write preferences');
    const { preferences: _before, ...others } = read(path);
    writeKubeconfigFile(path, preferences ? { ...others, preferences } : others);
  }

  /** An empty name is set in the file that has a current context. */
  setCurrentContext(name: string): void {
    const path = name === '' ? this.#paths.find((file) => read(file).currentContext !== '') : this.defaultFile;
    if (path === undefined) return;
    writeKubeconfigFile(path, { ...read(path), currentContext: name });
  }
}

/** Fills in defaults: plugins of the beta version may use the terminal, if there is one. */
function read(path: string): Kubeconfig {
  const config = loadKubeconfigAsWritten(path);
  const users = Object.entries(config.users).map(([name, user]) => {
    const beta = user.exec?.apiVersion === 'client.authentication.k8s.io/v1beta1';
    return [name, beta ? { ...user, exec: { interactiveMode: 'IfAvailable', ...user.exec } } : user];
  });
  return { ...config, users: Object.fromEntries(users) as Kubeconfig['users'] };
}

const pathFields = ['certificate-authority', 'client-certificate', 'client-key', 'tokenFile'];

/** Paths of files in or below the kubeconfig's folder are relative to it. */
function withRelativePaths<T extends object>(stanza: T, folder: string): T {
  const paths = Object.entries(stanza).flatMap(([field, value]) => {
    if (!pathFields.includes(field) || typeof value !== 'string' || !isAbsolute(value)) return [];
    const shorter = relative(folder, value);
    return shorter.startsWith('../') ? [] : [[field, shorter] as const];
  });
  return { ...stanza, ...Object.fromEntries(paths) };
}
