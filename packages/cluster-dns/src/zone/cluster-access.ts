import type { Informers } from '@typernetes/client';
import { clusterView } from './cluster-view.ts';
import type { KubernetesSettings } from './kubernetes-settings.ts';
import type { ClusterView } from './zone.ts';

/** Access to the cluster, which is read only on demand. */
export interface ClusterAccess {
  /** The view is good for answers once `untilSynced` has settled. */
  view(settings: KubernetesSettings): ClusterView;
  untilSynced(signal: AbortSignal): Promise<void>;
  /** Settles after everything that was started has ended, which it does with the signal. */
  ended(): Promise<void>;
}

export function clusterAccess(informers: Informers, signal: AbortSignal): ClusterAccess {
  let running: Promise<void> | undefined;
  return {
    view({ pods, endpoints, podNames }) {
      const view = clusterView(informers, { pods: pods === 'verified', endpoints, podNames });
      running ??= informers.run(signal);
      return view;
    },
    untilSynced: async (scope) => {
      if (running) await informers.untilSynced(scope);
    },
    ended: async () => running,
  };
}
