import type { PodCondition } from '@typernetes/api/core/v1';
import type { ResizePending } from '../pod/allocation.ts';

export interface ResizeSight {
  readonly pending?: ResizePending;
  /** Some container does not run with the pod's allocated resources yet. */
  readonly inProgress: boolean;
  /** Why it did not get it when it was last tried. */
  readonly failure?: string;
}

/**
 * The conditions of a pod whose requested resources differ from the actual ones; none when they are equal. `generation`
 * is the pod's.
 */
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
