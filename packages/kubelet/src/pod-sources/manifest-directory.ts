import { type FSWatcher, watch } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Pod } from '@typernetes/api/core/v1';
import { type Clock, codeOf, type Logger } from '@typernetes/base';
import { Waker } from '../lifecycle/waker.ts';
import type { PodSink } from './pod-source.ts';
import { staticPod } from './static-pod.ts';

interface ManifestDirectoryOptions {
  readonly path: string;
  readonly nodeName: string;
  /** The directory is read this often even when it reports no change. */
  readonly checkMs: number;
  readonly clock: Clock;
  readonly log: Logger;
}

/** Editors and copies touch a file several times: wait this long for the last touch. */
const settleMs = 20;

/** Static pods from the manifests in a directory. A manifest that cannot be read leaves its pod as it was. */
export class ManifestDirectory {
  readonly name = 'manifest-directory';
  readonly #options: ManifestDirectoryOptions;
  readonly #sink: PodSink;
  readonly #firstRead = Promise.withResolvers<void>();
  readonly #pods = new Map<string, { text: string; pod: Pod | undefined }>();

  constructor(options: ManifestDirectoryOptions, sink: PodSink) {
    this.#options = options;
    this.#sink = sink;
  }

  /** Resolves once the directory was read for the first time. */
  get read(): Promise<void> {
    return this.#firstRead.promise;
  }

  async run(signal: AbortSignal): Promise<void> {
    const { clock, checkMs, path } = this.#options;
    const waker = new Waker(clock);
    let watcher: FSWatcher | undefined;
    while (!signal.aborted) {
      watcher ??= this.#watch(path, () => waker.wake());
      await this.#read();
      await waker.wait(checkMs, signal);
      if (!signal.aborted) await clock.sleep(settleMs, signal).catch(() => {});
    }
    watcher?.close();
  }

  /** Undefined while the directory does not exist: it is then found by the next check. */
  #watch(path: string, onChange: () => void): FSWatcher | undefined {
    try {
      const watcher = watch(path, onChange);
      watcher.on('error', onChange);
      return watcher;
    } catch (error) {
      this.#options.log.debug('Cannot watch manifest directory', { path, code: codeOf(error) });
      return undefined;
    }
  }

  async #read(): Promise<void> {
    const { path, log } = this.#options;
    const names = await this.#names(path);
    if (!names) return;
    for (const name of this.#pods.keys()) if (!names.includes(name)) this.#pods.delete(name);
    for (const name of names) {
      try {
        this.#take(name, await readFile(join(path, name), 'utf8'));
      } catch (error) {
        if (codeOf(error) === 'ENOENT') this.#pods.delete(name);
        else log.error('Cannot read manifest', error, { path: join(path, name) });
      }
    }
    this.#sink.set([...this.#pods.values()].flatMap(({ pod }) => pod ?? []));
    this.#firstRead.resolve();
  }

  async #names(path: string): Promise<string[] | undefined> {
    try {
      const entries = await readdir(path, { withFileTypes: true });
      return entries
        .filter((entry) => !entry.name.startsWith('.') && !entry.isDirectory())
        .map((entry) => entry.name)
        .sort();
    } catch (error) {
      if (codeOf(error) === 'ENOENT') return [];
      this.#options.log.error('Cannot read manifest directory', error, { path });
      return undefined;
    }
  }

  #take(name: string, text: string): void {
    const { path, nodeName, clock } = this.#options;
    const before = this.#pods.get(name);
    if (before?.text === text || text.trim() === '') return;
    this.#pods.set(name, { text, pod: before?.pod });
    const pod = staticPod(text, { nodeName, path: join(path, name), now: clock.now() });
    this.#pods.set(name, { text, pod });
  }
}
