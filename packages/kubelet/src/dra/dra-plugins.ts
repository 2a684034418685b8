import { type Clock, isAbort, type Logger, messageOf } from '@typernetes/base';
import {
  connectDra,
  type DraClaim,
  type DraDeviceHealth,
  type DraPlugin,
  type DraVersion,
  draMethod,
  draVersions,
  isUnimplemented,
  type PluginInfo,
  runtimeCodeOf,
} from '@typernetes/cri';
import type { PluginHandler } from '../plugins/plugin-registry.ts';

export interface DraPluginsDeps {
  /** Deletes the driver's resource slices of this node. Retries until it succeeds. */
  readonly wipe: (driver: string, signal: AbortSignal) => Promise<void>;
  /** A driver's health report on its devices; undefined when it no longer reports. */
  readonly onHealth: (driver: string, devices: readonly DraDeviceHealth[] | undefined) => void;
  /** Called after every call, for metrics. `code` is gRPC's. */
  readonly onCall?: (call: { driver: string; method: string; code: string; seconds: number }) => void;
  readonly clock: Clock;
  readonly log: Logger;
}

/** A driver as the manager of claims needs it. */
export type DraDriver = Pick<DraPlugin, 'prepare' | 'unprepare'>;

interface Instance {
  readonly endpoint: string;
  readonly version: DraVersion;
  readonly plugin: DraPlugin;
  readonly stop: AbortController;
  isReachable: boolean;
}

/**
 * How long a driver may be away before its resource slices are deleted: long enough to replace it (upstream:
 * defaultWipingDelay).
 */
const wipeAfterMs = 30_000;
const callMs = 45_000;
const healthAgainMs = 5000;
const service = 'DRAPlugin';

/** The DRA drivers on this node. During an upgrade a driver may have two instances. */
export class DraPlugins implements PluginHandler {
  readonly #deps: DraPluginsDeps;
  /** Instances by driver, in the order of their registration. */
  readonly #drivers = new Map<string, Instance[]>();
  readonly #wipes = new Map<string, AbortController>();
  readonly #works = new Set<Promise<void>>();
  readonly #ended = new AbortController();

  constructor(deps: DraPluginsDeps) {
    this.#deps = deps;
  }

  /** Throws upstream's message for a driver that is not here (yet). */
  get(name: string): DraDriver {
    const instances = this.#drivers.get(name) ?? [];
    const instance = instances.findLast(({ isReachable }) => isReachable) ?? instances.at(-1);
    if (!instance) throw new Error(`DRA driver ${name} is not registered`);
    const { plugin, version } = instance;
    const call = async <R>(method: Parameters<typeof draMethod>[1], answer: Promise<R>): Promise<R> => {
      const { clock, onCall } = this.#deps;
      const began = clock.monotonic();
      let code = 'OK';
      try {
        return await answer;
      } catch (error) {
        code = runtimeCodeOf(error) ?? 'Canceled';
        throw new Error(`${method}: ${messageOf(error)}`, { cause: error });
      } finally {
        const seconds = (clock.monotonic() - began) / 1000;
        onCall?.({ driver: name, method: draMethod(version, method).path, code, seconds });
      }
    };
    const options = { timeoutMs: callMs };
    return {
      prepare: (claims: readonly DraClaim[], own) =>
        call('NodePrepareResources', plugin.prepare(claims, { ...options, ...own })),
      unprepare: (claims: readonly DraClaim[], own) =>
        call('NodeUnprepareResources', plugin.unprepare(claims, { ...options, ...own })),
    };
  }

  async register({ name, endpoint, supportedVersions }: PluginInfo): Promise<void> {
    const version = versionOf(supportedVersions);
    if (typeof version === 'object')
      throw new Error(
        `invalid supported gRPC versions of DRA driver plugin ${name} at endpoint ${endpoint}: ${version.problem}`,
      );
    const others = this.#drivers.get(name) ?? [];
    if (others.some((one) => one.endpoint === endpoint))
      throw new Error(`endpoint ${endpoint} already registered for DRA driver plugin ${name}`);
    const plugin = connectDra(endpoint, version);
    const instance: Instance = { endpoint, version, plugin, stop: new AbortController(), isReachable: false };
    this.#drivers.set(name, [...others, instance]);
    const signal = AbortSignal.any([instance.stop.signal, this.#ended.signal]);
    this.#work(() => this.#follow(name, instance, signal));
    this.#work(() => this.#watchHealth(name, plugin, signal));
    this.#sync(name);
  }

  async deregister({ name, endpoint }: PluginInfo): Promise<void> {
    const instances = this.#drivers.get(name) ?? [];
    const instance = instances.find((one) => one.endpoint === endpoint);
    if (!instance) return;
    const left = instances.filter((one) => one !== instance);
    if (left.length > 0) this.#drivers.set(name, left);
    else this.#drivers.delete(name);
    instance.stop.abort();
    instance.plugin.close();
    this.#sync(name);
  }

  async close(): Promise<void> {
    this.#ended.abort();
    for (const { plugin } of [...this.#drivers.values()].flat()) plugin.close();
    await Promise.all(this.#works);
  }

  async #follow(name: string, instance: Instance, signal: AbortSignal): Promise<void> {
    for await (const isReachable of instance.plugin.reachable(signal)) {
      instance.isReachable = isReachable;
      this.#sync(name);
    }
  }

  async #watchHealth(name: string, plugin: DraPlugin, signal: AbortSignal): Promise<void> {
    const { clock, log, onHealth } = this.#deps;
    while (!signal.aborted) {
      try {
        for await (const devices of plugin.health(signal)) onHealth(name, devices);
      } catch (error) {
        if (isUnimplemented(error)) return;
        log.debug('Cannot watch the health of devices', { driver: name, error: messageOf(error) });
      }
      onHealth(name, undefined);
      await clock.sleep(healthAgainMs, signal).catch(() => {});
    }
  }

  /**
   * Starts or stops the wipe timer of an unreachable driver. Call it whenever a driver's reachability may have changed.
   */
  #sync(name: string): void {
    const waiting = this.#wipes.get(name);
    if (this.#drivers.get(name)?.some(({ isReachable }) => isReachable)) {
      waiting?.abort();
      this.#wipes.delete(name);
      return;
    }
    if (waiting || this.#ended.signal.aborted) return;
    const stop = new AbortController();
    this.#wipes.set(name, stop);
    const signal = AbortSignal.any([stop.signal, this.#ended.signal]);
    this.#work(async () => {
      await this.#deps.clock.sleep(wipeAfterMs, signal);
      await this.#deps.wipe(name, signal);
      if (this.#wipes.get(name) === stop) this.#wipes.delete(name);
    }, signal);
  }

  /** Runs in the background until `close`. */
  #work(run: () => Promise<void>, signal: AbortSignal = this.#ended.signal): void {
    const work = run()
      .catch((error: unknown) => {
        if (!isAbort(error, signal)) this.#deps.log.error('Cannot follow a driver of dynamic resources', error);
      })
      .finally(() => this.#works.delete(work));
    this.#works.add(work);
  }
}

/** The newest version that both speak. */
function versionOf(supported: readonly string[]): DraVersion | { readonly problem: string } {
  if (supported.length === 0) return { problem: 'empty list of supported gRPC services (aka supported versions)' };
  const own = draVersions.map((version) => `${version}.${service}`);
  const found = draVersions.find((version) => supported.includes(`${version}.${service}`));
  if (found) return found;
  const list = (names: readonly string[]): string => `[${names.map((name) => JSON.stringify(name)).join(' ')}]`;
  return {
    problem: `none of services supported by the plugin (${list(supported)}) are supported by the kubelet (${list(own)})`,
  };
}
