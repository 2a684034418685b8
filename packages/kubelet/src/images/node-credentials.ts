import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Clock, codeOf, type Logger, messageOf } from '@typernetes/base';
import { dockerEntries, matchingCredentials, type RegistryEntries } from './credentials.ts';
import type { PullCredential } from './pulled-images.ts';

export interface NodeCredentialsOptions {
  /**
   * Where to look for Docker's files, in this order: the kubelet's directory, its working directory, its user's home.
   */
  readonly directories: { readonly root: string; readonly working: string; readonly home: string | undefined };
  readonly clock: Pick<Clock, 'monotonic'>;
  readonly log: Logger;
}

/** Files that somebody has put there are not looked at for each image. */
const keepMs = 300_000;

/**
 * The machine's own credentials, which serve every pod on it: from the first of Docker's files that exists (upstream:
 * ReadDockerConfigFile).
 */
export class NodeCredentials {
  readonly #options: NodeCredentialsOptions;
  #read: { readonly at: number; readonly entries: Promise<RegistryEntries> } | undefined;

  constructor(options: NodeCredentialsOptions) {
    this.#options = options;
  }

  async credentials(image: string): Promise<readonly PullCredential[]> {
    const now = this.#options.clock.monotonic();
    if (!this.#read || now - this.#read.at > keepMs) this.#read = { at: now, entries: this.#entries() };
    return matchingCredentials(await this.#read.entries, image).map((auth) => ({ auth }));
  }

  async #entries(): Promise<RegistryEntries> {
    const { root, working, home } = this.#options.directories;
    const homes = home === undefined ? [] : [home];
    const files = [
      ...[root, working, ...homes.map((path) => join(path, '.docker')), '/.docker'].map(
        (directory) => [join(directory, 'config.json'), 'auths'] as const,
      ),
      ...[root, working, ...homes, '/'].map((directory) => [join(directory, '.dockercfg'), 'plain'] as const),
    ];
    for (const [path, form] of files) {
      try {
        return dockerEntries(await readFile(path, 'utf8'), form);
      } catch (error) {
        if (codeOf(error) !== 'ENOENT')
          this.#options.log.warn('Cannot read credentials of the node', { path, error: messageOf(error) });
      }
    }
    return {};
  }
}
