/** Seconds; the last bucket takes all that took longer (upstream: the default buckets of its metrics). */
export const durationBuckets = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10] as const;

/** The durations of a container's successful probes. */
export class ProbeDurations {
  /** Counts per bucket, cumulative. */
  readonly counts: number[] = durationBuckets.map(() => 0);
  count = 0;
  sum = 0;

  observe(seconds: number): void {
    this.count++;
    this.sum += seconds;
    for (const [at, bound] of durationBuckets.entries())
      if (seconds <= bound) this.counts[at] = (this.counts[at] ?? 0) + 1;
  }
}
