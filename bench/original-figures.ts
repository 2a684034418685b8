/**
 * The figures of upstream's servers with which the aims were set, measured on two similar cores with the clients of `given-clients.bench.ts`: the
 * better one of kube-apiserver v1.20 and v1.36, each with a durable etcd, and the factor by which ours is to be better.
 */
export interface OriginalFigure {
  /** Requests per second. */
  readonly perSecond?: number;
  /** The 99th percentile of the milliseconds from just before the create request to the event's arrival at a watcher. */
  readonly p99?: number;
  readonly timesBetter: number;
}

/** By series. */
export const originalFigures: Readonly<Record<string, OriginalFigure>> = {
  create: { perSecond: 1_297, timesBetter: 3 },
  'get-one': { perSecond: 2_833, timesBetter: 3 },
  update: { perSecond: 1_318, timesBetter: 3 },
  'merge-patch': { perSecond: 1_150, timesBetter: 3 },
  'apply-patch': { perSecond: 1_200, timesBetter: 3 },
  delete: { perSecond: 1_653, timesBetter: 3 },
  list: { perSecond: 33, timesBetter: 5 },
  'watch, one after the other': { p99: 16.7, timesBetter: 2 },
  'watch, every 20 ms': { p99: 9.3, timesBetter: 2 },
  'watch, eight at once': { p99: 68, timesBetter: 2 },
};
