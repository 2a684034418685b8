import { type Node, nodes } from '@typernetes/api/core/v1';
import { type Clock, isAbort, type Logger, type Runnable } from '@typernetes/base';
import type { Informers } from '@typernetes/client';
import type { NetworkHost } from './host.ts';
import { masqueradeRules } from './masquerade.ts';
import { bridge, type NetworkPlan, planNetwork } from './plan.ts';
import { routeCommands } from './routes.ts';

export interface AgentOptions {
  readonly nodeName: string;
  /** The path at which the container runtime looks for its network configuration. */
  readonly configPath: string;
  /** Routes and rules are checked this often, because other programs remove them. Milliseconds. */
  readonly resyncMs: number;
}

export interface AgentDeps {
  readonly informers: Informers;
  readonly host: NetworkHost;
  readonly clock: Clock;
  readonly log: Logger;
}

/**
 * Provides the pod network of this node: a bridge through the standard CNI plugins, and routes to the pods of all other
 * nodes.
 */
export class NetworkAgent implements Runnable {
  readonly name = 'network';
  readonly #options: AgentOptions;
  readonly #deps: AgentDeps;
  #wake: (() => void) | undefined;
  #dirty = true;
  #ready = false;

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
        if (
          JSON.stringify(planNetwork(node.metadata.name, [node])) !==
          JSON.stringify(planNetwork(old.metadata.name, [old]))
        )
          changed();
        else if (JSON.stringify(node.status?.addresses) !== JSON.stringify(old.status?.addresses)) changed();
      },
    });
    signal.addEventListener('abort', changed, { once: true });
    try {
      await informer.untilSynced(signal);
      while (!signal.aborted) {
        this.#dirty = false;
        const plan = planNetwork(this.#options.nodeName, informer.lister.list());
        try {
          if (plan) await this.#apply(plan);
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

  /** Routes and rules come before the configuration, whose appearance lets pods start. */
  async #apply(plan: NetworkPlan): Promise<void> {
    const { host, log } = this.#deps;
    let changes = 0;
    for (const part of plan.families) {
      const commands = routeCommands(part.routes, await host.routes(part.family));
      changes += commands.length;
      await host.applyRoutes(commands);
      await host.applyMasquerade(masqueradeRules(part), part.family);
    }
    const gateways = plan.families.flatMap(({ family, gateway }) => (family === 'IPv6' ? [gateway] : []));
    await host.prepareBridge(bridge, gateways);
    await host.writeConfig(this.#options.configPath, `${JSON.stringify(plan.cniConfig, undefined, 2)}\n`);
    if (!this.#ready || changes > 0) {
      const podRange = plan.families.map(({ ownRange }) => ownRange).join(',');
      const routes = plan.families.reduce((sum, part) => sum + part.routes.length, 0);
      log.info('Network set up', { podRange, routes });
    }
    this.#ready = true;
  }

  async #untilDirty(): Promise<void> {
    await new Promise<void>((resolve) => {
      const cancel = this.#deps.clock.after(this.#options.resyncMs, resolve);
      this.#wake = () => {
        cancel();
        resolve();
      };
    });
    this.#wake = undefined;
  }
}
