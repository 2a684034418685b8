import {
  type HorizontalPodAutoscaler,
  type HorizontalPodAutoscalerStatus,
  horizontalpodautoscalers,
  type MetricStatus,
} from '@typernetes/api/autoscaling/v2';
import type { EventRecorder } from '@typernetes/client';
import { withCondition } from '@typernetes/machinery';

type ConditionType = 'AbleToScale' | 'ScalingActive' | 'ScalingLimited' | 'ScaledToZero';

/** The spec cannot be satisfied; a retry makes no difference. */
export class SpecError extends Error {
  override readonly name = 'SpecError';
}

/** One round for one autoscaler: its status as it is being made, and its events. */
export class Round {
  status: HorizontalPodAutoscalerStatus;
  readonly hpa: HorizontalPodAutoscaler;
  readonly #now: string;
  readonly #events: EventRecorder;

  /** `now` is the wall-clock time in wire format. */
  constructor(hpa: HorizontalPodAutoscaler, now: string, events: EventRecorder) {
    const { metadata, status } = hpa;
    this.hpa = hpa;
    this.status = { desiredReplicas: 0, ...status, observedGeneration: metadata.generation ?? 0 };
    this.#now = now;
    this.#events = events;
  }

  get namespace(): string {
    return this.hpa.metadata.namespace ?? '';
  }

  condition(type: ConditionType, is: boolean, reason: string, message: string): void {
    const condition = { type, status: is ? 'True' : 'False', reason, message };
    this.status = { ...this.status, conditions: withCondition(this.status.conditions, condition, { now: this.#now }) };
  }

  counts(current: number, metrics: readonly MetricStatus[] | undefined): void {
    const { currentMetrics: _, ...rest } = this.status;
    this.status = { ...rest, currentReplicas: current, ...(metrics?.length ? { currentMetrics: [...metrics] } : {}) };
  }

  warn(reason: string, message: string): void {
    this.event('Warning', reason, message);
  }

  event(type: 'Normal' | 'Warning', reason: string, message: string): void {
    const { kind } = horizontalpodautoscalers;
    this.#events.event({ apiVersion: 'autoscaling/v2', kind, metadata: this.hpa.metadata }, type, reason, message);
  }
}
