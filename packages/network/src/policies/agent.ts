import { type Namespace, type Node, namespaces, nodes, type Pod, pods } from '@typernetes/api/core/v1';
import { type NetworkPolicy, networkpolicies } from '@typernetes/api/networking/v1';
import { type Clock, isAbort, type Logger, type Runnable } from '@typernetes/base';
import type { Informer, Informers } from '@typernetes/client';
import type { ApiObject } from '@typernetes/machinery';
import { podRanges } from '../node-facts.ts';
import { planPolicies } from './plan.ts';
import { noPolicies, policyRuleset } from './ruleset.ts';

export interface PolicyAgentOptions {
  readonly nodeName: string;
  /** Rules are applied again this often, because other programs remove them. Milliseconds. */
  readonly resyncMs: number;
}

export interface PolicyAgentDeps {
  readonly informers: Informers;
  readonly host: { applyPolicies(ruleset: string): Promise<void> };
  readonly clock: Clock;
  readonly log: Logger;
}

/** Changes within this time are applied together: a rollout changes many pods. */
const gatherMs = 20;
const retryMs = 1000;

/**
 * Enforces NetworkPolicies for the pods of this node. Watches pods and namespaces from the first policy on: a cluster
 * without policies pays for one watch. Policies do not affect existing connections.
 */
export class PolicyAgent implements Runnable {
  readonly name = 'network-policies';
  readonly #options: PolicyAgentOptions;
  readonly #deps: PolicyAgentDeps;
  #changed = Promise.withResolvers<void>();
  #peers: { readonly pods: Informer<Pod>; readonly namespaces: Informer<Namespace> } | undefined;

  constructor(options: PolicyAgentOptions, deps: PolicyAgentDeps) {
    this.#options = options;
    this.#deps = deps;
  }

  async run(signal: AbortSignal): Promise<void> {
    const { informers, clock, log, host } = this.#deps;
    const policies = informers.for<NetworkPolicy>(networkpolicies);
    const own = informers.for<Node>(nodes);
    const stops = [this.#follow(policies, ({ spec }) => spec), this.#follow(own, podRanges)];
    signal.addEventListener('abort', this.#wake, { once: true });
    let applied: string | undefined;
    try {
      await Promise.all([policies.untilSynced(signal), own.untilSynced(signal)]);
      while (!signal.aborted) {
        this.#changed = Promise.withResolvers();
        let againMs = this.#options.resyncMs;
        try {
          const ruleset = await this.#ruleset({ policies, own, stops, signal });
          // Without policies there are no rules that others could remove.
          if (ruleset !== noPolicies || ruleset !== applied) await host.applyPolicies(ruleset);
          if (ruleset !== applied) log.info('Network policies applied', { policies: policies.lister.list().length });
          applied = ruleset;
        } catch (error) {
          if (signal.aborted) return;
          log.error('Failed to apply network policies', error);
          againMs = retryMs;
        }
        const cancel = clock.after(againMs, this.#wake);
        await this.#changed.promise;
        cancel();
        await clock.sleep(gatherMs, signal);
      }
    } catch (error) {
      if (!isAbort(error, signal)) throw error;
    } finally {
      for (const stop of stops) stop();
    }
  }

  readonly #wake = (): void => this.#changed.resolve();

  async #ruleset({
    policies,
    own,
    stops,
    signal,
  }: {
    readonly policies: Informer<NetworkPolicy>;
    readonly own: Informer<Node>;
    readonly stops: (() => void)[];
    readonly signal: AbortSignal;
  }): Promise<string> {
    if (policies.lister.list().length === 0) return noPolicies;
    if (!this.#peers) {
      const { informers } = this.#deps;
      this.#peers = { pods: informers.for<Pod>(pods), namespaces: informers.for<Namespace>(namespaces) };
      stops.push(
        this.#follow(this.#peers.pods, whatCounts),
        this.#follow(this.#peers.namespaces, () => undefined),
      );
    }
    await Promise.all([this.#peers.pods.untilSynced(signal), this.#peers.namespaces.untilSynced(signal)]);
    const { nodeName } = this.#options;
    const plan = planPolicies({
      node: nodeName,
      ranges: podRanges(own.lister.list().find(({ metadata }) => metadata.name === nodeName)),
      policies: policies.lister.list(),
      pods: this.#peers.pods.lister.list(),
      namespaces: this.#peers.namespaces.lister.list(),
    });
    return policyRuleset(plan);
  }

  /** Wakes when an object is added or removed, or when its labels or other relevant parts change. */
  #follow<T extends ApiObject>(informer: Informer<T>, rest: (object: T) => unknown): () => void {
    const seen = (object: T): string => JSON.stringify([object.metadata.labels, rest(object)]);
    return informer.onEvent({
      added: this.#wake,
      deleted: this.#wake,
      updated: (object, old) => {
        if (seen(object) !== seen(old)) this.#wake();
      },
    });
  }
}

const whatCounts = ({ spec, status }: Pod): unknown => [spec?.nodeName, status?.phase, status?.podIP, status?.podIPs];
