import { type FSWatcher, watch } from 'node:fs';
import { lstat, mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { type Clock, codeOf, isAbort, type Logger, messageOf } from '@typernetes/base';
import { type CsiNodePlugin, connectCsi, connectRegistration, type NodeInfo } from '@typernetes/cri';
import { Waker } from '../lifecycle/waker.ts';

export interface CsiDriversDeps {
  /** `<root>/plugins_registry`: where plugins put their registration sockets. */
  readonly registryDir: string;
  readonly clock: Clock;
  readonly log: Logger;
  /** Tells the cluster of a driver that this node has, or has no more. */
  readonly onDriver: (name: string, info: NodeInfo | undefined, signal: AbortSignal) => Promise<void>;
}

interface Driver {
  readonly name: string;
  readonly plugin: CsiNodePlugin;
  readonly inode: number;
}

/** Sockets are watched; should that fail to tell, they are looked for this often. A failed registration is tried again as often. */
const lookMs = 10_000;
const callMs = 30_000;

/** The storage drivers of this node: taken in when their registration socket appears, let go when it is gone. */
export class CsiDrivers {
  readonly name = 'csi-drivers';
  readonly #deps: CsiDriversDeps;
  /** By the path of the registration socket. */
  readonly #drivers = new Map<string, Driver>();
  readonly #waker: Waker;

  constructor(deps: CsiDriversDeps) {
    this.#deps = deps;
    this.#waker = new Waker(deps.clock);
  }

  /** Throws upstream's message for a driver that is not here (yet). */
  get(name: string): CsiNodePlugin {
    const found = [...this.#drivers.values()].find((driver) => driver.name === name);
    if (!found) throw new Error(`driver name ${name} not found in the list of registered CSI drivers`);
    return found.plugin;
  }

  async run(signal: AbortSignal): Promise<void> {
    const { registryDir, log } = this.#deps;
    await mkdir(registryDir, { recursive: true, mode: 0o750 });
    const watcher: FSWatcher = watch(registryDir, () => this.#waker.wake());
    try {
      while (!signal.aborted) {
        try {
          await this.#look(signal);
        } catch (error) {
          if (isAbort(error, signal)) return;
          log.warn('Cannot look for storage drivers', { error: messageOf(error) });
        }
        await this.#waker.wait(lookMs, signal);
      }
    } finally {
      watcher.close();
      for (const { plugin } of this.#drivers.values()) plugin.close();
    }
  }

  async #look(signal: AbortSignal): Promise<void> {
    const found = await socketsIn(this.#deps.registryDir);
    for (const [path, driver] of this.#drivers) {
      if (found.get(path) === driver.inode) continue;
      this.#drivers.delete(path);
      driver.plugin.close();
      // One that comes back under the same path is taken in anew right below.
      if (!found.has(path)) await this.#deps.onDriver(driver.name, undefined, signal);
    }
    for (const [path, inode] of found) if (!this.#drivers.has(path)) await this.#register(path, inode, signal);
  }

  async #register(path: string, inode: number, signal: AbortSignal): Promise<void> {
    const { log, onDriver } = this.#deps;
    const registration = connectRegistration(path);
    const within = { signal: AbortSignal.any([signal, AbortSignal.timeout(callMs)]) };
    try {
      const { type, name, endpoint, supportedVersions } = await registration.info(within);
      if (type !== 'CSIPlugin') {
        await registration.notify(`no handler registered for plugin type: ${type} at socket ${path}`, within);
        return;
      }
      const problem = versionProblem(name, supportedVersions);
      if (problem !== undefined) {
        await registration.notify(problem, within);
        log.warn('Refused storage driver', { driver: name, problem });
        return;
      }
      const plugin = connectCsi(endpoint);
      try {
        await onDriver(name, await plugin.nodeInfo(within), signal);
      } catch (error) {
        plugin.close();
        await registration.notify(messageOf(error), within);
        throw error;
      }
      this.#drivers.set(path, { name, plugin, inode });
      await registration.notify('', within);
      log.info('Registered storage driver', { driver: name, endpoint });
    } catch (error) {
      if (isAbort(error, signal)) throw error;
      log.warn('Cannot register plugin', { socket: path, error: messageOf(error) });
    } finally {
      registration.close();
    }
  }
}

/** Only version 1 of the interface is spoken. */
function versionProblem(name: string, versions: readonly string[]): string | undefined {
  if (versions.length === 0)
    return `failed to get highest supported version for CSI driver "${name}": no supported versions`;
  if (versions.some((version) => /^v?1(\.|$)/.test(version))) return undefined;
  return `CSI driver "${name}" does not support any of the versions that are supported by the kubelet: ${versions.join(', ')}`;
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
