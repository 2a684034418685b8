import { type Runnable, runAll } from '@typernetes/base';
import { aborted } from '../lifecycle/aborted.ts';
import { followApi } from '../pod-sources/api-source.ts';
import { onFreshNode } from '../pod-sources/fresh-node.ts';
import type { MirrorPods } from '../pod-sources/mirror-pods.ts';
import { staticSources } from '../pod-sources/static-sources.ts';
import { type OrphansDeps, removeOrphans } from '../pod-worker/orphans.ts';
import type { PodWorkers } from '../pod-worker/pod-workers.ts';
import type { StatusWriter } from '../status/status-writer.ts';
import type { KubeletOptions } from './kubelet-options.ts';
import type { LocalPods } from './local-pods.ts';

interface PodFeedDeps {
  readonly workers: PodWorkers;
  readonly statuses: StatusWriter;
  /** Undefined without an API server. */
  readonly mirrors: MirrorPods | undefined;
  readonly pods: LocalPods;
  readonly orphans: OrphansDeps;
}

/** Passes pods from manifests and the API to their workers; once all sources have reported, removes orphaned pods. */
export function podFeed(options: KubeletOptions, deps: PodFeedDeps): Runnable {
  const { api, clock, log } = options;
  const { workers, statuses, mirrors, pods } = deps;
  const manifests = staticSources(options, workers, (all) => mirrors?.setStatic(all));
  const parts: Runnable[] = [...manifests];
  if (api && mirrors) {
    const fresh = onFreshNode(workers, { node: api.node, refresh: api.refreshNode, clock, log });
    parts.push(fresh, followApi(api.pods, { pods: fresh, workers, mirrors, statuses, clock }));
  }
  parts.push({
    name: 'orphans',
    run: async (signal) => {
      // Only after all sources have reported is a pod without a source an orphan.
      await Promise.race([Promise.all(manifests.map(({ read }) => read)), aborted(signal)]);
      if (api && mirrors) {
        await api.pods.untilSynced(signal);
        mirrors.start();
      }
      pods.isComplete = !signal.aborted;
      await removeOrphans(workers, deps.orphans, signal);
    },
  });
  return { name: 'pod feed', run: (signal) => runAll(parts, signal) };
}
