import { lstat, mkdir, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { type Clock, type Logger, messageOf } from '@typernetes/base';
import {
  connectDevicePlugin,
  type DevicePlugin,
  type DevicePluginOptions,
  type DeviceRegistration,
  devicePluginCodecs,
  devicePluginMethods,
  serveGrpc,
} from '@typernetes/cri';
import { aborted } from '../lifecycle/aborted.ts';
import type { KnownDevice } from './device-choice.ts';
import type { DeviceObserver } from './manager-metrics.ts';

/** A resource, the plugin behind it, and its devices as last heard of. */
export interface DeviceEndpoint {
  readonly resource: string;
  readonly plugin: DevicePlugin;
  readonly options: DevicePluginOptions;
  readonly devices: readonly KnownDevice[];
}

interface DevicePluginsDeps {
  /** `<root>/device-plugins`. */
  readonly directory: string;
  readonly clock: Clock;
  readonly log: Logger;
  /** A plugin has come or gone, or its devices have changed. */
  readonly onChange: () => void;
  readonly observer?: Pick<DeviceObserver, 'pluginRegistered'> | undefined;
}

/**
 * How long the devices of a plugin that is gone are still reported, as unhealthy (upstream: endpointStopGracePeriod).
 */
const goneMs = 300_000;

/** The device plugins of this node. They register at `kubelet.sock`, and again whenever that socket is recreated. */
export class DevicePlugins {
  readonly name = 'device-plugins';
  readonly #deps: DevicePluginsDeps;
  readonly #endpoints = new Map<string, DeviceEndpoint>();
  readonly #watching = new Set<Promise<void>>();

  constructor(deps: DevicePluginsDeps) {
    this.#deps = deps;
  }

  get(resource: string): DeviceEndpoint | undefined {
    return this.#endpoints.get(resource);
  }

  get all(): readonly DeviceEndpoint[] {
    return [...this.#endpoints.values()];
  }

  async run(signal: AbortSignal): Promise<void> {
    const { directory } = this.#deps;
    await mkdir(directory, { recursive: true, mode: 0o750 });
    // Removing the sockets of plugins of an earlier kubelet makes them register again.
    for (const name of await readdir(directory))
      if ((await lstat(join(directory, name))).isSocket()) await rm(join(directory, name), { force: true });
    const register = {
      method: devicePluginMethods.register,
      answer: (asked: DeviceRegistration) => this.#register(asked, signal),
    };
    const server = await serveGrpc(join(directory, 'kubelet.sock'), [register], devicePluginCodecs);
    try {
      await aborted(signal);
    } finally {
      await server.close();
      for (const { plugin } of this.#endpoints.values()) plugin.close();
      await Promise.all(this.#watching);
    }
  }

  async #register(asked: DeviceRegistration, signal: AbortSignal): Promise<object> {
    const { directory, log, onChange } = this.#deps;
    const { resourceName: resource, version, endpoint, options } = asked;
    if (version !== 'v1beta1')
      throw new Error(
        `requested API version "${version}" is not supported by kubelet. Supported versions are ["v1beta1"]`,
      );
    if (!isExtendedResource(resource)) throw new Error(`the ResourceName "${resource}" is invalid`);
    if (endpoint === '' || endpoint.includes('/')) throw new Error(`the endpoint "${endpoint}" is invalid`);
    this.#endpoints.get(resource)?.plugin.close();
    const plugin = connectDevicePlugin(join(directory, endpoint));
    const known = { preStartRequired: false, getPreferredAllocationAvailable: false };
    const registered: DeviceEndpoint = { resource, plugin, options: options ?? known, devices: [] };
    this.#endpoints.set(resource, registered);
    this.#deps.observer?.pluginRegistered(resource);
    log.info('Got registration request from device plugin with resource', { resource });
    onChange();
    const watching = this.#watch(registered, signal).finally(() => this.#watching.delete(watching));
    this.#watching.add(watching);
    return {};
  }

  /** Watches the plugin's devices until it is gone or has registered again. */
  async #watch(registered: DeviceEndpoint, signal: AbortSignal): Promise<void> {
    const { clock, log, onChange } = this.#deps;
    const { resource, plugin } = registered;
    const isCurrent = (): boolean => this.#endpoints.get(resource)?.plugin === plugin;
    const set = (devices: readonly KnownDevice[]): void => {
      const now = this.#endpoints.get(resource);
      if (now?.plugin !== plugin) return;
      this.#endpoints.set(resource, { ...now, devices });
      onChange();
    };
    try {
      for await (const devices of plugin.watch(signal))
        set(
          devices.map(({ ID, health, topology }) => ({
            id: ID,
            healthy: health === 'Healthy',
            nodes: (topology?.nodes ?? []).map((node) => Number(node.ID)),
          })),
        );
    } catch (error) {
      if (signal.aborted || !isCurrent()) return;
      log.warn('Device plugin ended', { resource, error: messageOf(error) });
    }
    if (signal.aborted || !isCurrent()) return;
    const { devices } = this.#endpoints.get(resource) ?? registered;
    set(devices.map((device) => ({ ...device, healthy: false })));
    await clock.sleep(goneMs, signal).catch(() => {});
    if (signal.aborted || !isCurrent()) return;
    plugin.close();
    this.#endpoints.delete(resource);
    onChange();
  }
}

/** `vendor.example/device`; names of Kubernetes' own are not for plugins (upstream: IsExtendedResourceName). */
function isExtendedResource(name: string): boolean {
  const domain = /^([a-z0-9]([-a-z0-9.]*[a-z0-9])?)\/[A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?$/.exec(name)?.[1];
  return (
    domain !== undefined &&
    domain !== 'kubernetes.io' &&
    !domain.endsWith('.kubernetes.io') &&
    !name.startsWith('requests.')
  );
}
