import { isPodAvailable, isPodReady } from '@typernetes/api';
import type { DaemonSetStatus } from '@typernetes/api/apps/v1';
import { placement } from './placement.ts';
import { type DaemonView, podsByNode, revisionLabel } from './view.ts';

export function daemonSetStatus({ daemonSet, nodes, pods, hash, now }: DaemonView): DaemonSetStatus {
  const { template, minReadySeconds = 0 } = daemonSet.spec;
  const byNode = podsByNode(pods);
  const counts = { desired: 0, current: 0, ready: 0, available: 0, updated: 0, misscheduled: 0 };
  for (const node of nodes) {
    const { shouldRun } = placement(template.spec ?? { containers: [] }, node);
    const here = byNode.get(node.metadata.name) ?? [];
    if (!shouldRun) {
      if (here.length > 0) counts.misscheduled++;
      continue;
    }
    counts.desired++;
    const [pod] = [...here].sort((a, b) => (a.metadata.creationTimestamp < b.metadata.creationTimestamp ? -1 : 1));
    if (!pod) continue;
    counts.current++;
    if (isPodReady(pod)) counts.ready++;
    if (isPodAvailable(pod, { minReadySeconds, now })) counts.available++;
    if (pod.metadata.labels?.[revisionLabel] === hash) counts.updated++;
  }
  const { collisionCount, conditions } = daemonSet.status ?? {};
  const unavailable = counts.desired - counts.available;
  return {
    currentNumberScheduled: counts.current,
    numberMisscheduled: counts.misscheduled,
    desiredNumberScheduled: counts.desired,
    numberReady: counts.ready,
    observedGeneration: daemonSet.metadata.generation ?? 0,
    ...(counts.updated > 0 ? { updatedNumberScheduled: counts.updated } : {}),
    ...(counts.available > 0 ? { numberAvailable: counts.available } : {}),
    ...(unavailable > 0 ? { numberUnavailable: unavailable } : {}),
    ...(collisionCount === undefined ? {} : { collisionCount }),
    ...(conditions ? { conditions } : {}),
  };
}
