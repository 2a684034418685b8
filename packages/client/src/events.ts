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

/** Writes core/v1 Events in the background, aggregating repeats into `count`. Never throws and never waits for the server. */
export interface EventRecorder {
  event(target: EventTarget, type: 'Normal' | 'Warning', reason: string, message: string): void;
}
