import { customresourcedefinitions } from '@typernetes/api/apiextensions/v1';
import type { Clock, Logger } from '@typernetes/base';
import { messageOf } from '@typernetes/base';
import {
  type ApiClient,
  type DiscoveredResource,
  discoverResources,
  type Informer,
  type Informers,
} from '@typernetes/client';
import { type ApiObject, apiVersionOf, groupResourceOf } from '@typernetes/machinery';
import type { OwnershipGraph, ResolveType } from './graph.ts';

/** Objects that come and go by the thousand and never own anything. */
const ignored: ReadonlySet<string> = new Set(['events', 'events.events.k8s.io']);

export interface MonitorsOptions {
  readonly client: ApiClient;
  readonly informers: Informers;
  readonly clock: Clock;
  readonly log: Logger;
}

/** Knows all resources, and watches the metadata of those whose objects can be deleted. */
export class Monitors {
  readonly #options: MonitorsOptions;
  readonly #byKind = new Map<string, DiscoveredResource>();
  readonly #watched = new Map<string, Informer<ApiObject>>();

  constructor(options: MonitorsOptions) {
    this.#options = options;
  }

  readonly resolve: ResolveType = (apiVersion, kind) =>
    this.#byKind.get(`${apiVersion}/${kind}`) ??
    // The same kind in another version of its group is the same object.
    [...this.#byKind.values()].find((type) => type.kind === kind && type.group === groupOf(apiVersion));

  /** Discovers, follows new resources, and goes on doing so whenever the set of resources changes. Settles with the signal. */
  async run(graph: OwnershipGraph, wake: (uids: readonly string[]) => void, signal: AbortSignal): Promise<void> {
    const { informers, clock, log } = this.#options;
    let changed = true;
    let noticed = (): void => {};
    const notice = (): void => {
      changed = true;
      noticed();
    };
    const definitions = informers.for(customresourcedefinitions);
    const detach = definitions.onEvent({ added: notice, updated: notice, deleted: notice });
    signal.addEventListener('abort', notice, { once: true });
    try {
      while (!signal.aborted) {
        if (!changed) {
          const next = Promise.withResolvers<void>();
          noticed = next.resolve;
          await next.promise;
        }
        if (signal.aborted) return;
        changed = false;
        try {
          await this.#follow(graph, wake, signal);
        } catch (error) {
          if (signal.aborted) return;
          log.warn('Cannot discover resources, trying again', { cause: messageOf(error) });
          changed = true;
          await clock.sleep(1000, signal).catch(() => undefined);
        }
      }
    } finally {
      detach();
      signal.removeEventListener('abort', notice);
    }
  }

  async #follow(graph: OwnershipGraph, wake: (uids: readonly string[]) => void, signal: AbortSignal): Promise<void> {
    const { client, informers, log } = this.#options;
    const { resources, failures } = await discoverResources(client, { signal });
    for (const [version, why] of failures) log.warn('Cannot discover group version', { version, cause: why });
    for (const type of resources) this.#byKind.set(`${apiVersionOf(type)}/${type.kind}`, type);
    for (const type of resources) {
      const name = groupResourceOf(type);
      const watchable = ['delete', 'list', 'watch'].every((verb) => type.verbs.includes(verb));
      if (!watchable || ignored.has(name) || this.#watched.has(name)) continue;
      const informer = informers.for(type, { metadataOnly: true });
      this.#watched.set(name, informer);
      const observe = ({ metadata }: ApiObject): void => wake(graph.observe(type, metadata));
      informer.onEvent({
        added: observe,
        updated: observe,
        deleted: ({ metadata }) => wake(graph.remove(metadata.uid)),
      });
    }
  }
}

function groupOf(apiVersion: string): string {
  const slash = apiVersion.indexOf('/');
  return slash < 0 ? '' : apiVersion.slice(0, slash);
}
