import type { WeightedPlugin } from './plugin.ts';

/** One way of scheduling, chosen by a pod's spec.schedulerName. */
export interface Profile {
  readonly schedulerName: string;
  readonly plugins: readonly WeightedPlugin[];
  /** 0 adapts to the size of the cluster. */
  readonly percentageOfNodesToScore?: number;
}
