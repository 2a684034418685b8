import { type FSWatcher, watch } from 'node:fs';
import { lstat, mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { type Clock, codeOf, isAbort, type Logger, messageOf } from '@typernetes/base';
import { connectRegistration, type PluginInfo } from '@typernetes/cri';
import { Waker } from '../lifecycle/waker.ts';

/** Takes plugins of one type in. */
export interface PluginHandler {
  /** Rejects with what the plugin is told then. */
  register(plugin: PluginInfo, signal: AbortSignal): Promise<void>;
  /** The plugin is gone. `replaced`: another one is in its place already, and is registered next. */
  deregister(plugin: PluginInfo, options: { replaced: boolean; signal: AbortSignal }): Promise<void>;
  /** The kubelet ends. */
  close(): Promise<void>;
}

export interface PluginRegistryDeps {
  /** `<root>/plugins_registry`: where plugins put their registration sockets. */
  readonly directory: string;
  /** By the type that plugins call themselves: `CSIPlugin`, `DRAPlugin`. */
  readonly handlers: Readonly<Record<string, PluginHandler>>;
  readonly clock: Clock;
  readonly log: Logger;
}

interface Registered {
  readonly inode: number;
  readonly info: PluginInfo;
}

/** Sockets are watched; should that fail to tell, they are looked for this often. What failed is tried again as often. */
const lookMs = 10_000;
const callMs = 30_000;

/** The plugins of this node: taken in when their registration socket appears, let go when it is gone. One that hangs holds up no other. */
export class PluginRegistry {
  readonly name = 'plugin-registry';
  readonly #deps: PluginRegistryDeps;
  /** By the path of the registration socket, as what follows. */
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
        // Something may have come of the socket meanwhile.
        .then(() => this.#waker.wake())
        .catch((error: unknown) => {
          if (isAbort(error, signal)) return;
          this.#deps.log.warn('Cannot register plugin', { socket: path, error: messageOf(error) });
        })
        .finally(() => this.#busy.delete(path));
      this.#busy.set(path, work);
    }
  }

  /** Lets go of what was behind the socket, and takes in what is there now. */
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

/** The sockets of a directory with their inodes: a new one may stand in the place of an old one. */
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
