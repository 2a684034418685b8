import { type CsiNodePlugin, connectCsi, type NodeInfo, type PluginInfo } from '@typernetes/cri';
import type { PluginHandler } from '../plugins/plugin-registry.ts';

interface CsiDriversDeps {
  /** Reports to the cluster that this node has a driver, or no longer has it. */
  readonly onDriver: (name: string, info: NodeInfo | undefined, signal: AbortSignal) => Promise<void>;
}

interface Driver {
  readonly endpoint: string;
  readonly plugin: CsiNodePlugin;
}

/** The storage drivers of this node. */
export class CsiDrivers implements PluginHandler {
  readonly #deps: CsiDriversDeps;
  readonly #drivers = new Map<string, Driver>();

  constructor(deps: CsiDriversDeps) {
    this.#deps = deps;
  }

  /** Throws upstream's message for a driver that is not here (yet). */
  get(name: string): CsiNodePlugin {
    const found = this.#drivers.get(name);
    if (!found) throw new Error(`driver name ${name} not found in the list of registered CSI drivers`);
    return found.plugin;
  }

  async register({ name, endpoint, supportedVersions }: PluginInfo, signal: AbortSignal): Promise<void> {
    const problem = versionProblem(name, supportedVersions);
    if (problem !== undefined) throw new Error(problem);
    const plugin = connectCsi(endpoint);
    try {
      await this.#deps.onDriver(name, await plugin.nodeInfo({ signal }), signal);
    } catch (error) {
      plugin.close();
      throw error;
    }
    this.#drivers.get(name)?.plugin.close();
    this.#drivers.set(name, { endpoint, plugin });
  }

  async deregister(
    { name, endpoint }: PluginInfo,
    { replaced, signal }: { replaced: boolean; signal: AbortSignal },
  ): Promise<void> {
    const driver = this.#drivers.get(name);
    if (driver?.endpoint !== endpoint) return;
    // If it comes back, it is reported again once it has registered.
    if (!replaced) await this.#deps.onDriver(name, undefined, signal);
    this.#drivers.delete(name);
    driver.plugin.close();
  }

  async close(): Promise<void> {
    for (const { plugin } of this.#drivers.values()) plugin.close();
  }
}

/** Only version 1 of the CSI specification is supported. */
function versionProblem(name: string, versions: readonly string[]): string | undefined {
  if (versions.length === 0)
    return `failed to get highest supported version for CSI driver "${name}": no supported versions`;
  if (versions.some((version) => /^v?1(\.|$)/.test(version))) return undefined;
  return `CSI driver "${name}" does not support any of the versions that are supported by the kubelet: ${versions.join(', ')}`;
}
