import type { ObjectReference } from '@typernetes/api/core/v1';
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

/** Writes events.k8s.io/v1 Events in the background. Never throws and never waits for the server. */
export interface ActionRecorder {
  /** `action` is what was done, or could not be done, about the target, perhaps because of a related object. */
  event(
    target: EventTarget,
    type: 'Normal' | 'Warning',
    reason: string,
    note: string,
    about: { readonly action: string; readonly related?: EventTarget },
  ): void;
}

/** Only what identifies it: the object itself may be big, and the event may wait. */
export function named({ apiVersion, kind, metadata, fieldPath }: EventTarget): EventTarget {
  const { name, namespace, uid, resourceVersion } = metadata;
  return {
    apiVersion,
    kind,
    metadata: {
      name,
      ...(namespace === undefined ? {} : { namespace }),
      ...(uid === undefined ? {} : { uid }),
      ...(resourceVersion === undefined ? {} : { resourceVersion }),
    },
    ...(fieldPath === undefined ? {} : { fieldPath }),
  };
}

export function objectReference({ apiVersion, kind, metadata, fieldPath }: EventTarget): ObjectReference {
  return {
    kind,
    ...(metadata.namespace ? { namespace: metadata.namespace } : {}),
    name: metadata.name,
    ...(metadata.uid ? { uid: metadata.uid } : {}),
    apiVersion,
    ...(metadata.resourceVersion ? { resourceVersion: metadata.resourceVersion } : {}),
    ...(fieldPath ? { fieldPath } : {}),
  };
}

/**
 * The ends of events' names: nanoseconds since the epoch, in hexadecimal; a counter fills the digits beyond the clock's
 * resolution.
 */
export function eventSuffixes(): (at: number) => string {
  let serial = 0;
  return (at) => (BigInt(Math.trunc(at)) * 1_000_000n + BigInt(serial++ % 1_000_000)).toString(16);
}
