import type { EventRecorder, EventTarget } from '../events.ts';

/** Keeps events as `Normal ScalingReplicaSet Scaled up replica set web-1 from 0 to 2`. */
export class RecordedEvents implements EventRecorder {
  readonly seen: string[] = [];
  readonly targets: EventTarget[] = [];

  event(target: EventTarget, type: 'Normal' | 'Warning', reason: string, message: string): void {
    this.targets.push(target);
    this.seen.push(`${type} ${reason} ${message}`);
  }
}
