import { type Pod, pods } from '@typernetes/api/core/v1';
import { type Ingress, ingresses } from '@typernetes/api/networking/v1';
import { type Clock, type Logger, messageOf, type Runnable } from '@typernetes/base';
import type { ApiClient, Informers } from '@typernetes/client';
import { isConditionTrue, isConflict, isNotFound } from '@typernetes/machinery';

export interface StatusWriterOptions {
  /** The namespace of this controller's pods, and the labels that select them: `k8s-app=typernetes-ingress`. */
  readonly namespace: string;
  readonly podSelector: string;
}

interface StatusWriterDeps {
  readonly informers: Informers;
  readonly client: Pick<ApiClient, 'resource'>;
  /** The Ingresses whose status is written. */
  readonly mine: () => readonly Ingress[];
  readonly clock: Clock;
  readonly log: Logger;
}

const spanMs = 2000;

/** The addresses of the nodes with a ready pod of the controller, sorted: there the Ingresses are served. */
function servedAt(all: readonly Pod[]): readonly string[] {
  const ready = all.filter(
    ({ status, metadata }) =>
      metadata.deletionTimestamp === undefined && isConditionTrue(status?.conditions ?? [], 'Ready'),
  );
  return [...new Set(ready.flatMap(({ status }) => status?.hostIP ?? []))].sort();
}

/**
 * Writes the addresses of the controller to the status of each Ingress; `kubectl get ingress` shows them as ADDRESS.
 * Only one of the controllers does this.
 */
export function statusWriter({ namespace, podSelector }: StatusWriterOptions, deps: StatusWriterDeps): Runnable {
  const { informers, client, mine, clock, log } = deps;
  const own = informers.for<Pod>(pods, { namespace, labelSelector: podSelector });
  const api = client.resource<Ingress>(ingresses);
  const write = async (addresses: readonly string[]): Promise<void> => {
    const wanted = addresses.map((ip) => ({ ip }));
    for (const ingress of mine()) {
      const said = (ingress.status?.loadBalancer?.ingress ?? []).map(({ ip, hostname }) => ip ?? hostname);
      if (JSON.stringify(said) === JSON.stringify(addresses)) continue;
      try {
        await api.updateStatus({ ...ingress, status: { loadBalancer: { ingress: wanted } } });
      } catch (error) {
        // The next round sees the new state.
        if (!isConflict(error) && !isNotFound(error))
          log.error('Cannot write where an ingress is served', {
            ingress: ingress.metadata.name,
            error: messageOf(error),
          });
      }
    }
  };
  return {
    name: 'ingress-status',
    run: async (signal) => {
      await own.untilSynced(signal).catch(() => {});
      while (!signal.aborted) {
        await write(servedAt(own.lister.list()));
        await clock.sleep(spanMs, signal).catch(() => {});
      }
    },
  };
}
