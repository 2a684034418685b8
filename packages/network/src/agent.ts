import { type Node, nodes } from '@typernetes/api/core/v1';
import { type Clock, isAbort, type Logger, type Runnable } from '@typernetes/base';
import type { Informers } from '@typernetes/client';
import { bridge } from './cni-config.ts';
import type { NetworkHost } from './host.ts';
import { masqueradeRules } from './masquerade.ts';
import { nodeFacts } from './node-facts.ts';
import { type NetworkPlan, planNetwork } from './plan.ts';
import { routeCommands } from './routes.ts';
import type { NetworkSettings } from './settings.ts';
import { tunnelCommands } from './tunnel-commands.ts';
import { isTunnelDevice } from './tunnels.ts';
import type { Link } from './underlay.ts';

export interface AgentOptions {
  readonly nodeName: string;
  /** The path at which the container runtime looks for its network configuration. */
  readonly configPath: string;
  /** Routes and rules are checked this often, because other programs remove them. Milliseconds. */
  readonly resyncMs: number;
  readonly settings: NetworkSettings;
}

export interface AgentDeps {
  readonly informers: Informers;
  readonly host: NetworkHost;
  readonly clock: Clock;
  readonly log: Logger;
}

/** While a link is down, it is not known who is on it: nobody tells when it is up again. */
const pathlessMs = 5000;

/**
 * Provides the pod network of this node: a bridge through the standard CNI plugins, and routes to the pods of all other
 * nodes, through VXLAN devices to nodes that are on no link of this one.
 */
export class NetworkAgent implements Runnable {
  readonly name = 'network';
  readonly #options: AgentOptions;
  readonly #deps: AgentDeps;
  #wake: (() => void) | undefined;
  #dirty = true;
  #ready = false;
  #unreachable: readonly string[] = [];
  /** When to look again although nothing has changed. */
  #againMs = 0;

  constructor(options: AgentOptions, deps: AgentDeps) {
    this.#options = options;
    this.#deps = deps;
  }

  /** Whether the pod network has been set up since the agent started. */
  get ready(): boolean {
    return this.#ready;
  }

  async run(signal: AbortSignal): Promise<void> {
    const { informers, clock, log } = this.#deps;
    const informer = informers.for<Node>(nodes);
    const changed = (): void => {
      this.#dirty = true;
      this.#wake?.();
    };
    // Heartbeats change nodes all the time: compare only what the plan reads.
    const stop = informer.onEvent({
      added: changed,
      deleted: changed,
      updated: (node, old) => {
        if (JSON.stringify(nodeFacts(node)) !== JSON.stringify(nodeFacts(old))) changed();
      },
    });
    signal.addEventListener('abort', changed, { once: true });
    try {
      await informer.untilSynced(signal);
      while (!signal.aborted) {
        this.#dirty = false;
        try {
          await this.#setUp(informer.lister.list());
        } catch (error) {
          log.error('Failed to set up the network', error);
          this.#dirty = true;
          await clock.sleep(1000, signal);
        }
        if (!this.#dirty) await this.#untilDirty();
      }
    } catch (error) {
      if (!isAbort(error, signal)) throw error;
    } finally {
      stop();
    }
  }

  async #setUp(all: readonly Node[]): Promise<void> {
    const { host } = this.#deps;
    const { nodeName, settings } = this.#options;
    const others = all.filter(({ metadata }) => metadata.name !== nodeName);
    const addresses = others.flatMap((node) => Object.values(nodeFacts(node).addresses));
    const paths = await host.paths(addresses);
    const { resyncMs } = this.#options;
    this.#againMs = addresses.every((address) => paths.has(address)) ? resyncMs : Math.min(resyncMs, pathlessMs);
    const links = await host.links();
    const plan = planNetwork(nodeName, { nodes: all, underlay: { links, paths }, settings });
    if (plan) await this.#apply(plan, links);
  }

  /**
   * Routes and rules come before the configuration, whose appearance lets pods start; devices before the routes through
   * them, and routes elsewhere before devices go.
   */
  async #apply(plan: NetworkPlan, links: readonly Link[]): Promise<void> {
    const { host, log } = this.#deps;
    const present = links.filter(({ name }) => isTunnelDevice(name)).map((link) => host.tunnel(link));
    const { before, after } = tunnelCommands(plan.tunnels, await Promise.all(present));
    await host.applyTunnels(before);
    let changes = [before, after].reduce((sum, { ip, bridge: database }) => sum + ip.length + database.length, 0);
    for (const part of plan.families) {
      const commands = routeCommands(part.routes, await host.routes(part.family));
      changes += commands.length;
      await host.applyRoutes(commands);
      await host.applyMasquerade(masqueradeRules(part), part.family);
    }
    await host.applyTunnels(after);
    const gateways = plan.families.flatMap(({ family, gateway }) => (family === 'IPv6' ? [gateway] : []));
    await host.prepareBridge(bridge, gateways);
    await host.writeConfig(this.#options.configPath, `${JSON.stringify(plan.cniConfig, undefined, 2)}\n`);
    if (!this.#ready || changes > 0) {
      const podRange = plan.families.map(({ ownRange }) => ownRange).join(',');
      const routes = plan.families.reduce((sum, part) => sum + part.routes.length, 0);
      const tunneled = plan.tunnels.reduce((sum, { peers }) => sum + peers.length, 0);
      log.info('Network set up', { podRange, routes, tunneled });
    }
    this.#logUnreachable(plan.unreachable);
    this.#ready = true;
  }

  #logUnreachable(nodes: readonly string[]): void {
    const { mode } = this.#options.settings;
    if (nodes.length > 0 && nodes.join() !== this.#unreachable.join())
      this.#deps.log.warn('No way leads to the pods of some nodes', { nodes: nodes.join(), vxlanMode: mode });
    this.#unreachable = nodes;
  }

  async #untilDirty(): Promise<void> {
    await new Promise<void>((resolve) => {
      const cancel = this.#deps.clock.after(this.#againMs, resolve);
      this.#wake = () => {
        cancel();
        resolve();
      };
    });
    this.#wake = undefined;
  }
}
