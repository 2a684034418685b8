import type { Pod, Service } from '@typernetes/api/core/v1';
import { findCondition, type ObjectKey, selectorFromLabels } from '@typernetes/machinery';

/** The time of the change that caused the endpoints' present state. */
export const triggerAnnotation = 'endpoints.kubernetes.io/last-change-trigger-time';

interface Seen {
  readonly service: string;
  /** By pod. */
  readonly pods: ReadonlyMap<string, string>;
}

/**
 * Tracks the times of changes that a service's endpoints do not report yet: pods became ready or ceased to be, the
 * service was created (upstream: TriggerTimeTracker, with the same limitation: of several changes of a pod between two
 * looks only the last is seen).
 */
export class TriggerTimes {
  readonly #seen = new Map<ObjectKey, Seen>();

  /**
   * The earliest change since the last look, in RFC 3339; undefined without one. At the first look, the service's
   * creation. Call it on every round, whether the endpoints change or not.
   */
  look(key: ObjectKey, service: Service, candidates: readonly Pod[]): string | undefined {
    const before = this.#seen.get(key);
    const selector = selectorFromLabels(service.spec.selector ?? {});
    const pods = new Map<string, string>();
    let earliest: string | undefined;
    // Times are whole seconds of UTC: their texts are in their order.
    const changed = (time: string, last = ''): void => {
      if (time > last && (earliest === undefined || time < earliest)) earliest = time;
    };
    for (const { metadata, status } of candidates) {
      if (!selector.matches(metadata.labels)) continue;
      const time = findCondition(status?.conditions, 'Ready')?.lastTransitionTime;
      if (!time) continue;
      pods.set(metadata.name, time);
      changed(time, before?.pods.get(metadata.name));
    }
    const made = service.metadata.creationTimestamp;
    changed(made, before?.service);
    this.#seen.set(key, { service: made, pods });
    return before ? earliest : made;
  }

  forget(key: ObjectKey): void {
    this.#seen.delete(key);
  }
}

/** The annotations with the given time, or without one. */
export function withTrigger(
  annotations: Readonly<Record<string, string>> | undefined,
  time: string | undefined,
): Record<string, string> {
  const { [triggerAnnotation]: _, ...others } = annotations ?? {};
  return time === undefined ? others : { ...others, [triggerAnnotation]: time };
}
