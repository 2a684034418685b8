import { type ApiObject, apiVersionOf, type ResourceType } from '@typernetes/machinery';

/** Names the object an event is about. */
export interface EventTarget {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly uid?: string;
    readonly resourceVersion?: string;
  };
  /** `spec.containers{nginx}` for an event about one container. */
  readonly fieldPath?: string;
}

/** An object as the target of events: objects from lists and caches do not name their own type. */
export function eventTarget<T extends ApiObject>(type: ResourceType<T>, { metadata }: T): EventTarget {
  return { apiVersion: apiVersionOf(type), kind: type.kind, metadata };
}

/** Writes core/v1 Events in the background, aggregating repeats into `count`. Never throws and never waits for the server. */
export interface EventRecorder {
  event(target: EventTarget, type: 'Normal' | 'Warning', reason: string, message: string): void;
}
