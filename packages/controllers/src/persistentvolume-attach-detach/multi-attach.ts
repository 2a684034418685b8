import type { Pod } from '@typernetes/api/core/v1';

/**
 * The message for a pod whose volume is attached to another node; `holders` are the pods there. A user of one namespace
 * must not learn the names of pods in others.
 */
export function multiAttachMessage(volume: string, pod: Pod, holders: readonly Pod[]): string {
  const here = holders.filter(({ metadata }) => metadata.namespace === pod.metadata.namespace);
  const others = holders.length - here.length;
  const names = here.map(({ metadata }) => metadata.name).join(', ');
  const strangers = `${others} pod(s) in different namespaces`;
  const why =
    holders.length === 0
      ? "Volume is already exclusively attached to one node and can't be attached to another"
      : here.length === 0
        ? `Volume is already used by ${strangers}`
        : `Volume is already used by pod(s) ${names}${others > 0 ? ` and ${strangers}` : ''}`;
  return `Multi-Attach error for volume "${volume}" ${why}`;
}
