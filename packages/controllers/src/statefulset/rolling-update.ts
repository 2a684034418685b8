import type { Pod } from '@typernetes/api/core/v1';
import { resolveIntOrPercent } from '@typernetes/machinery';
import { ordinals, revisionLabel } from './identity.ts';
import { isLeaving, isRunningAndAvailable } from './pod-states.ts';
import type { StatefulView } from './stateful-view.ts';

/**
 * The pods of old templates to delete now, from the highest ordinal down to the partition: one at a time, waiting for
 * each, or as many as `maxUnavailable` permits. Parallel management with `maxUnavailable` first takes those that are
 * unavailable anyway.
 */
export function outdated(view: StatefulView, byOrdinal: ReadonlyMap<number, Pod>): readonly Pod[] {
  const { set, update, now } = view;
  const { type = 'RollingUpdate', rollingUpdate = {} } = set.spec.updateStrategy ?? {};
  if (type === 'OnDelete') return [];
  const { partition = 0, maxUnavailable } = rollingUpdate;
  const replicas = ordinals(set).map((ordinal) => byOrdinal.get(ordinal));
  const isAvailable = (pod: Pod | undefined): boolean =>
    pod !== undefined && !isLeaving(pod) && isRunningAndAvailable(set, pod, now);
  const isOld = (pod: Pod | undefined): pod is Pod =>
    pod !== undefined && !isLeaving(pod) && pod.metadata.labels?.[revisionLabel] !== update.name;
  const targets = replicas.slice(partition).reverse();
  if (maxUnavailable === undefined) {
    // The first old or unavailable pod decides: it is deleted, or waited for.
    const next = targets.find((pod) => isOld(pod) || !isAvailable(pod));
    return isOld(next) ? [next] : [];
  }
  const limit = Math.max(1, resolveIntOrPercent(maxUnavailable, { total: replicas.length, roundUp: false }));
  const room = Math.max(0, limit - replicas.filter((pod) => !isAvailable(pod)).length);
  const old = targets.filter(isOld);
  if (set.spec.podManagementPolicy !== 'Parallel') return old.slice(0, room);
  return [...old.filter((pod) => !isAvailable(pod)), ...old.filter(isAvailable).slice(0, room)];
}
