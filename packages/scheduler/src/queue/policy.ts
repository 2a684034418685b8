import type { Pod } from '@typernetes/api/core/v1';
import { jsonEqual } from '@typernetes/machinery';
import { type ClusterEvent, mayHelp } from '../framework/cluster-event.ts';
import type { SchedulerPlugin } from '../framework/plugin.ts';
import { type Profile, pluginsOf } from '../framework/profile.ts';
import type { QueuePolicy } from './scheduling-queue.ts';

const nobody: ReadonlySet<string> = new Set();

/** Order, gates and wake-ups, from the profiles' plugins. All profiles sort alike: the first one's plugin decides. */
export function queuePolicy(
  profiles: ReadonlyMap<string, Profile>,
  /** Others that refuse pods of every profile, with their wake-ups. */
  beside: readonly SchedulerPlugin[] = [],
): QueuePolicy {
  const plugins = new Map(
    [...profiles].map(
      ([name, profile]) => [name, new Map([...pluginsOf(profile), ...beside].map((p) => [p.name, p]))] as const,
    ),
  );
  const all = [...plugins.values()].flatMap((byName) => [...byName.values()]);
  const concerned = new Map<string, ReadonlySet<string>>();
  const [sort] = [...profiles.values()].flatMap(({ at }) => at.queueSort);
  const pluginsFor = (pod: Pod): ReadonlyMap<string, SchedulerPlugin> | undefined =>
    plugins.get(pod.spec.schedulerName ?? '');
  return {
    compare: (a, b) => sort?.compare?.(a, b) ?? 0,
    gate: (pod) =>
      profiles.get(pod.spec.schedulerName ?? '')?.at.preEnqueue.find((plugin) => plugin.gate?.(pod) !== undefined)
        ?.name,
    concerned: ({ resource, action }) => {
      const key = `${resource}/${action}`;
      let names = concerned.get(key);
      if (!names) {
        names = new Set(
          all
            .filter(({ wakesOn }) => wakesOn.some((w) => w.resource === resource && w.actions.includes(action)))
            .map(({ name }) => name),
        );
        concerned.set(key, names.size > 0 ? names : nobody);
      }
      return names;
    },
    helps: ({ pod, refusedBy }, event) => {
      if (event.resource === 'WaitingPod' && !isNews(event)) return false;
      const byName = pluginsFor(pod);
      for (const name of refusedBy) {
        const plugin = byName?.get(name);
        if (plugin && mayHelp(plugin.wakesOn, pod, event)) return true;
      }
      return false;
    },
  };
}

/** Most updates of a waiting pod are the scheduler's own words about it. */
function isNews(event: Extract<ClusterEvent, { resource: 'WaitingPod' }>): boolean {
  const { object, old } = event;
  return (
    object.metadata.resourceVersion !== old?.metadata.resourceVersion &&
    !(
      jsonEqual(object.spec, old?.spec) &&
      jsonEqual(object.metadata.labels, old?.metadata.labels) &&
      jsonEqual(object.status?.resourceClaimStatuses, old?.status?.resourceClaimStatuses)
    )
  );
}
