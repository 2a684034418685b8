import { type FSWatcher, watch } from 'node:fs';
import { lstat, mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { type Clock, codeOf, isAbort, type Logger, messageOf } from '@typernetes/base';
import { connectRegistration, type PluginInfo } from '@typernetes/cri';
import { Waker } from '../lifecycle/waker.ts';

/** Handles plugins of one type. */
export interface PluginHandler {
  /** Registers a plugin; a rejection is reported to it. */
  register(plugin: PluginInfo, signal: AbortSignal): Promise<void>;
  /** The plugin is gone. `replaced`: a new instance has taken its place and is registered next. */
  deregister(plugin: PluginInfo, options: { replaced: boolean; signal: AbortSignal }): Promise<void>;
  /** The kubelet ends. */
  close(): Promise<void>;
}

interface PluginRegistryDeps {
  /** `<root>/plugins_registry`: where plugins put their registration sockets. */
  readonly directory: string;
  /** By plugin type: `CSIPlugin`, `DRAPlugin`. */
  readonly handlers: Readonly<Record<string, PluginHandler>>;
  readonly clock: Clock;
  readonly log: Logger;
}

interface Registered {
  readonly inode: number;
  readonly info: PluginInfo;
}

/**
 * The polling interval, in case a file system event is missed. Failed registrations are retried at the same interval.
 */
const lookMs = 10_000;
const callMs = 30_000;

/**
 * The plugins of this node: registered when their registration socket appears, deregistered when it is gone. A plugin
 * that hangs does not hold up the others.
 */
export class PluginRegistry {
  readonly name = 'plugin-registry';
  readonly #deps: PluginRegistryDeps;
  /** By the path of the registration socket, as are the following. */
  readonly #registered = new Map<string, Registered>();
  readonly #busy = new Map<string, Promise<void>>();
  readonly #waker: Waker;

  constructor(deps: PluginRegistryDeps) {
    this.#deps = deps;
    this.#waker = new Waker(deps.clock);
  }

  async run(signal: AbortSignal): Promise<void> {
    const { directory, log } = this.#deps;
    await mkdir(directory, { recursive: true, mode: 0o750 });
    let watcher: FSWatcher | undefined;
    try {
      while (!signal.aborted) {
        watcher ??= this.#watch();
        try {
          await this.#look(signal);
        } catch (error) {
          log.warn('Cannot look for plugins', { error: messageOf(error) });
        }
        await this.#waker.wait(lookMs, signal);
      }
    } finally {
      watcher?.close();
      await Promise.all(this.#busy.values());
      await Promise.all(Object.values(this.#deps.handlers).map((handler) => handler.close()));
    }
  }

  /** Undefined while the machine has no more watches to give: sockets are looked for all the same. */
  #watch(): FSWatcher | undefined {
    const { directory, log } = this.#deps;
    try {
      const watcher = watch(directory, () => this.#waker.wake());
      watcher.on('error', () => this.#waker.wake());
      return watcher;
    } catch (error) {
      log.warn('Cannot watch for plugins', { directory, error: messageOf(error) });
      return undefined;
    }
  }

  async #look(signal: AbortSignal): Promise<void> {
    const found = await socketsIn(this.#deps.directory);
    for (const path of new Set([...this.#registered.keys(), ...found.keys()])) {
      const inode = found.get(path);
      if (this.#busy.has(path) || this.#registered.get(path)?.inode === inode) continue;
      const work = this.#update(path, inode, signal)
        // The socket may have changed again meanwhile.
        .then(() => this.#waker.wake())
        .catch((error: unknown) => {
          if (isAbort(error, signal)) return;
          this.#deps.log.warn('Cannot register plugin', { socket: path, error: messageOf(error) });
        })
        .finally(() => this.#busy.delete(path));
      this.#busy.set(path, work);
    }
  }

  /** Deregisters the plugin that was behind the socket, and registers the one that is there now. */
  async #update(path: string, inode: number | undefined, signal: AbortSignal): Promise<void> {
    const before = this.#registered.get(path);
    if (before) {
      const handler = this.#deps.handlers[before.info.type];
      await handler?.deregister(before.info, { replaced: inode !== undefined, signal });
      this.#registered.delete(path);
      this.#deps.log.info('Plugin is gone', { type: before.info.type, name: before.info.name });
    }
    if (inode !== undefined) await this.#register(path, inode, signal);
  }

  async #register(path: string, inode: number, signal: AbortSignal): Promise<void> {
    const { handlers, log } = this.#deps;
    const registration = connectRegistration(path);
    const within = { signal: AbortSignal.any([signal, AbortSignal.timeout(callMs)]) };
    try {
      const info = await registration.info(within);
      const handler = handlers[info.type];
      if (!handler) {
        const problem = `no handler registered for plugin type: ${info.type} at socket ${path}`;
        await registration.notify(problem, within);
        throw new Error(problem);
      }
      try {
        await handler.register(info, within.signal);
      } catch (error) {
        await registration.notify(messageOf(error), within);
        throw error;
      }
      this.#registered.set(path, { inode, info });
      await registration.notify('', within);
      log.info('Registered plugin', { type: info.type, name: info.name, endpoint: info.endpoint });
    } finally {
      registration.close();
    }
  }
}

/** The sockets of a directory with their inodes, which tell a new socket from an old one at the same path. */
async function socketsIn(directory: string): Promise<ReadonlyMap<string, number>> {
  const sockets = new Map<string, number>();
  for (const name of await readdir(directory)) {
    const path = join(directory, name);
    try {
      const stat = await lstat(path);
      if (stat.isSocket() && !name.startsWith('.')) sockets.set(path, stat.ino);
    } catch (error) {
      if (codeOf(error) !== 'ENOENT') throw error;
    }
  }
  return sockets;
}
