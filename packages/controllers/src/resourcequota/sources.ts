import { persistentvolumeclaims, pods, resourcequotas, services } from '@typernetes/api/core/v1';
import { resourceclaims } from '@typernetes/api/resource/v1';
import type { Clock } from '@typernetes/base';
import { type ApiClient, discoverResources, type Informer, type Informers } from '@typernetes/client';
import { type ApiObject, groupResourceOf, jsonEqual, type ResourceType } from '@typernetes/machinery';

/**
 * Resources whose contents count; of all others only the existence. Quotas come from the informer that wakes the
 * controller: another one may not yet have the quota that is to count itself.
 */
const whole: readonly ResourceType<unknown>[] = [
  pods,
  services,
  persistentvolumeclaims,
  resourceclaims,
  resourcequotas,
];
const rediscoverMs = 30_000;

interface SourcesOptions {
  readonly client: Pick<ApiClient, 'json'>;
  readonly informers: Informers;
  readonly clock: Clock;
  /** The usage of a quota in the namespace may have decreased. */
  readonly freed: (namespace: string) => void;
}

/** The objects that quotas count: each resource is followed from the first quota on that names it. */
export class QuotaSources {
  readonly #options: SourcesOptions;
  readonly #informers = new Map<string, Informer<ApiObject>>();
  #discovered = new Map<string, ResourceType<ApiObject>>();
  #discoveredAt = Number.NEGATIVE_INFINITY;

  constructor(options: SourcesOptions) {
    this.#options = options;
  }

  /** The informer of a resource like `deployments.apps`, synced; undefined when the server does not serve it. */
  async of(resource: string, signal: AbortSignal): Promise<Informer<ApiObject> | undefined> {
    const known = this.#informers.get(resource);
    if (known?.synced) return known;
    const informer = known ?? (await this.#follow(resource));
    await informer?.untilSynced(signal);
    return informer;
  }

  async #follow(resource: string): Promise<Informer<ApiObject> | undefined> {
    const contents = whole.find((type) => groupResourceOf(type) === resource) as ResourceType<ApiObject> | undefined;
    const type = contents ?? (await this.#discover(resource));
    if (!type) return undefined;
    const informer = this.#options.informers.for(type, contents ? {} : { metadataOnly: true });
    const freed = ({ metadata }: ApiObject): void => this.#options.freed(metadata.namespace ?? '');
    informer.onEvent({
      // Admission has charged the additions.
      deleted: freed,
      ...(contents ? { updated: (object, old) => (hasChanged(object, old) ? freed(object) : undefined) } : {}),
    });
    this.#informers.set(resource, informer);
    return informer;
  }

  async #discover(resource: string): Promise<ResourceType<ApiObject> | undefined> {
    const { clock, client } = this.#options;
    if (!this.#discovered.has(resource) && clock.monotonic() - this.#discoveredAt > rediscoverMs) {
      const { resources } = await discoverResources(client);
      this.#discovered = new Map(resources.map((type) => [groupResourceOf(type), type]));
      this.#discoveredAt = clock.monotonic();
    }
    const found = this.#discovered.get(resource);
    return found?.namespaced ? found : undefined;
  }
}

/** Whether a change may affect the usage: of the spec, or that a pod has ended. */
function hasChanged(object: ApiObject, old: ApiObject): boolean {
  type Loose = { spec?: unknown; status?: { phase?: string } };
  const [next, before] = [object as Loose, old as Loose];
  return next.status?.phase !== before.status?.phase || !jsonEqual(next.spec, before.spec);
}
