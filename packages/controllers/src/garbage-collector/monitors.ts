import { type Clock, type Logger, messageOf, type Random } from '@typernetes/base';
import { type ApiClient, discoverResources, type Informer, type Informers, reflect } from '@typernetes/client';
import { type ApiObject, groupResourceOf, type ResourceType } from '@typernetes/machinery';
import type { OwnershipGraph } from './graph.ts';
import type { Uid } from './identity.ts';
import { Monitor } from './monitor.ts';
import { ResourceSet } from './resource-set.ts';

interface MonitorsOptions {
  readonly client: ApiClient;
  /** Existing informers of this process are reused. */
  readonly informers?: Pick<Informers, 'existing'>;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  /** Discovery failed. */
  readonly failed?: () => void;
  /** Discovery succeeded: {@link Monitors.resources} is up to date. */
  readonly discovered?: () => void;
}

/** The interval of discovery, */
const periodMs = 30_000;
/** after a failure this soon, */
const retryMs = 1_000;
/** and the delay after a change of one of these, which changes what is served. */
const settleMs = 500;
const definers: ReadonlySet<string> = new Set([
  'customresourcedefinitions.apiextensions.k8s.io',
  'apiservices.apiregistration.k8s.io',
]);
/** A resource that cannot be listed by then must not keep all others from being collected. */
const syncTimeoutMs = 30_000;

interface Running {
  readonly monitor: Monitor;
  readonly stop: AbortController;
  readonly task: Promise<void>;
}

/** Knows all resources, and watches the metadata of those whose objects can be deleted. */
export class Monitors {
  readonly resources = new ResourceSet();
  readonly #options: MonitorsOptions;
  readonly #running = new Map<string, Running>();
  /** The known objects by resource; outlives the monitors. */
  readonly #known = new Map<string, Set<Uid>>();
  readonly #synced = Promise.withResolvers<void>();
  #discoverSoon = (): void => {};

  constructor(options: MonitorsOptions) {
    this.#options = options;
  }

  /** Resolves once the graph holds everything that the first discovery showed: only then is it known who owns nothing. */
  async untilSynced(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    const aborted = Promise.withResolvers<never>();
    const abort = (): void => aborted.reject(signal.reason);
    signal.addEventListener('abort', abort, { once: true });
    try {
      await Promise.race([this.#synced.promise, aborted.promise]);
    } finally {
      signal.removeEventListener('abort', abort);
    }
  }

  /** Discovers and watches resources, repeatedly. Settles when the signal aborts and all watches have ended. */
  async run(graph: OwnershipGraph, signal: AbortSignal): Promise<void> {
    const { client, log } = this.#options;
    try {
      while (!signal.aborted) {
        let pauseMs = periodMs;
        // Changes from here on are noticed, also those during the discovery.
        const due = Promise.withResolvers<'changed'>();
        this.#discoverSoon = () => due.resolve('changed');
        try {
          const discovery = await discoverResources(client, { signal });
          for (const [version, cause] of discovery.failures)
            log.warn('Cannot discover group version', { version, cause });
          this.resources.replace(discovery);
          this.#follow(graph, signal);
          this.#options.discovered?.();
        } catch (error) {
          if (signal.aborted) break;
          this.#options.failed?.();
          log.warn('Cannot discover resources, trying again', { cause: messageOf(error) });
          pauseMs = retryMs;
        }
        if ((await this.#pause(pauseMs, { due: due.promise, signal })) === 'changed')
          await this.#pause(settleMs, { signal });
      }
    } finally {
      for (const { stop } of this.#running.values()) stop.abort();
      await Promise.all([...this.#running.values()].map(({ task }) => task));
      this.#running.clear();
    }
  }

  #follow(graph: OwnershipGraph, signal: AbortSignal): void {
    const wanted = this.resources.collectable();
    for (const [name, { monitor, stop }] of this.#running) {
      if (wanted.get(name)?.version === monitor.type.version) continue;
      stop.abort();
      this.#running.delete(name);
    }
    const isFirst = this.#known.size === 0;
    for (const [name, type] of wanted) if (!this.#running.has(name)) this.#start(type, { graph, signal });
    if (isFirst && wanted.size > 0) {
      const all = Promise.all([...this.#running.values()].map(({ monitor }) => monitor.synced.promise));
      void this.#pause(syncTimeoutMs, { due: all.then(() => 'changed'), signal }).then(() => this.#synced.resolve());
    }
  }

  #start(type: ResourceType<ApiObject>, { graph, signal }: { graph: OwnershipGraph; signal: AbortSignal }): void {
    const { client, informers, clock, random, log } = this.#options;
    const name = groupResourceOf(type);
    const known = this.#known.get(name) ?? new Set();
    this.#known.set(name, known);
    const onChange = (): void => {
      if (definers.has(name)) this.#discoverSoon();
    };
    const monitor = new Monitor({ type, known, graph, onChange });
    const stop = new AbortController();
    const scope = AbortSignal.any([signal, stop.signal]);
    const shared = informers?.existing(type);
    const task = shared
      ? followInformer(shared, monitor, scope)
      : reflect(client.resource(type), monitor, {
          narrowed: { metadataOnly: true },
          clock,
          random,
          log: log.with({ resource: name }),
          signal: scope,
        });
    this.#running.set(name, { monitor, stop, task });
  }

  /** Waits until the time has passed, the signal aborts or something is due, whichever comes first. */
  async #pause(
    ms: number,
    { due, signal }: { readonly due?: Promise<'changed'>; readonly signal: AbortSignal },
  ): Promise<'changed' | 'over'> {
    const over = Promise.withResolvers<'over'>();
    const end = (): void => over.resolve('over');
    const cancel = this.#options.clock.after(ms, end);
    signal.addEventListener('abort', end, { once: true });
    if (signal.aborted) end();
    try {
      return await Promise.race([over.promise, ...(due ? [due] : [])]);
    } finally {
      cancel();
      signal.removeEventListener('abort', end);
    }
  }
}

/** Settles with the signal. */
async function followInformer(informer: Informer<ApiObject>, monitor: Monitor, signal: AbortSignal): Promise<void> {
  try {
    await informer.untilSynced(signal);
  } catch (error) {
    if (signal.aborted) return;
    throw error;
  }
  // Both happen in one turn, so nothing can come in between.
  monitor.replace(informer.lister.list());
  const stop = informer.onEvent({
    added: (object) => monitor.apply({ type: 'ADDED', object }),
    updated: (object) => monitor.apply({ type: 'MODIFIED', object }),
    deleted: (object) => monitor.apply({ type: 'DELETED', object }),
  });
  if (!signal.aborted)
    await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
  stop();
}
