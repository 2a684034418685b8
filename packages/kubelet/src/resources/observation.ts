/** How much is available, and of what capacity; bytes or a count. */
export interface Observation {
  readonly available: number;
  readonly capacity: number;
}

export type StarvedResource = 'memory' | 'ephemeral-storage' | 'inodes' | 'pids';
