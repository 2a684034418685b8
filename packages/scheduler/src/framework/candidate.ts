import type { Pod } from '@typernetes/api/core/v1';

/** The pods to evict from one node, most important first. */
export interface Victims {
  readonly pods: readonly Pod[];
  /** How many evictions would violate a disruption budget. */
  readonly violations: number;
}

/** A node on which room can be made. */
export interface Candidate {
  readonly node: string;
  readonly victims: Victims;
}
