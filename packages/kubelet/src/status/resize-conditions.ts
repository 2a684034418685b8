import type { PodCondition } from '@typernetes/api/core/v1';
import type { ResizePending } from '../pod/allocation.ts';

export interface ResizeSight {
  readonly pending?: ResizePending;
  /** Some container does not run yet with what the pod was given. */
  readonly inProgress: boolean;
  /** Why it did not get it when it was last tried. */
  readonly failure?: string;
}

/** What is said of a pod that asks for other resources than it has; nothing when it has them. `generation` is the pod's. */
export function resizeConditions(
  resize: ResizeSight | undefined,
  generation: number | undefined,
): readonly Omit<PodCondition, 'lastTransitionTime'>[] {
  if (!resize) return [];
  const observed = generation === undefined ? {} : { observedGeneration: generation };
  const conditions: Omit<PodCondition, 'lastTransitionTime'>[] = [];
  if (resize.pending) conditions.push({ type: 'PodResizePending', status: 'True', ...resize.pending, ...observed });
  if (resize.inProgress) {
    const failed = resize.failure === undefined ? {} : { reason: 'Error', message: resize.failure };
    conditions.push({ type: 'PodResizeInProgress', status: 'True', ...failed, ...observed });
  }
  return conditions;
}
