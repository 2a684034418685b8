import type { Histogram, Metrics } from '@typernetes/process';
import type { PriorityLevel, Refusal } from './priority-level.ts';

interface FlowName {
  readonly name: string;
  readonly level: { readonly name: string };
}

/** The metrics of flow control, under upstream's names. */
export interface FlowMetrics {
  /** `waitedMs` is there for those that were queued. */
  started(flow: FlowName, of: { readonly width: number; readonly waitedMs?: number }): void;
  ended(flow: FlowName, of: { readonly width: number; readonly tookMs: number; readonly isWatch: boolean }): void;
  queued(flow: FlowName, of: { readonly width: number; readonly length: number }): void;
  /** `waited` is there for those that were queued. */
  refused(flow: FlowName, why: Refusal, waited?: { readonly width: number; readonly ms: number }): void;
  /** The seats were divided anew; `fairPart` is the part of what they want that levels get. */
  divided(fairPart: number): void;
  collectFrom(levels: () => readonly PriorityLevel[]): void;
}

const durationBuckets = [0, 0.005, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30];
const queueBuckets = [0, 10, 25, 50, 100, 250, 500, 1000];

/** Upstream's. */
const seatBuckets = [1, 2, 4, 10];

const labels = ['priority_level', 'flow_schema'];

type Series = ReturnType<Histogram['of']>;

interface Count {
  readonly labels: readonly string[];
  /** For requests other than watches, and for the initial phase of watches. */
  readonly took: { regular: Series | undefined; watch: Series | undefined };
  readonly estimated: Series;
  dispatched: number;
  reported: number;
  executing: number;
  seats: number;
  waiting: number;
  waitingSeats: number;
}

export function flowMetrics(metrics: Metrics): FlowMetrics {
  const counts = new FlowCounts(metrics);
  const { rejected, unaccommodated, lengths, waits } = queueFamilies(metrics);
  const took = metrics.histogram('apiserver_flowcontrol_request_execution_seconds', {
    help: 'Duration of initial stage (for a WATCH) or any (for a non-WATCH) stage of request execution in the API Priority and Fairness subsystem',
    labels: [...labels, 'type'],
    buckets: durationBuckets,
  });
  const seatGauges = seatMetrics(metrics);
  const fairFraction = metrics.gauge('apiserver_flowcontrol_seat_fair_frac', {
    help: "Fair fraction of server's concurrency to allocate to each priority level that can use it",
  });
  return {
    started: (flow, { width, waitedMs }) => {
      const count = counts.of(flow);
      count.dispatched++;
      count.executing++;
      count.seats += width;
      count.estimated.observe(width);
      if (waitedMs === undefined) return;
      leaveQueue(count, width);
      waits.observe(waitedMs / 1000, [...count.labels, 'true']);
    },
    ended: (flow, { width, tookMs, isWatch }) => {
      const count = counts.of(flow);
      count.executing--;
      count.seats -= width;
      const type = isWatch ? 'watch' : 'regular';
      count.took[type] ??= took.of([...count.labels, type]);
      count.took[type].observe(tookMs / 1000);
    },
    queued: (flow, { width, length }) => {
      const count = counts.of(flow);
      count.waiting++;
      count.waitingSeats += width;
      unaccommodated.add(count.labels);
      lengths.observe(length, count.labels);
    },
    refused: (flow, why, waited) => {
      const count = counts.of(flow);
      if (waited) {
        leaveQueue(count, waited.width);
        waits.observe(waited.ms / 1000, [...count.labels, 'false']);
      }
      rejected.add([...count.labels, why]);
    },
    divided: (fairPart) => fairFraction.set(fairPart),
    collectFrom: (levels) => metrics.beforeRender(() => seatGauges(levels())),
  };
}

function leaveQueue(count: Count, width: number): void {
  count.waiting--;
  count.waitingSeats -= width;
}

/** The requests of each flow, as plain numbers that are written down only when somebody reads: every request passes here. */
class FlowCounts {
  readonly #byLevel = new Map<string, Map<string, Count>>();
  readonly #estimated: Histogram;

  constructor(metrics: Metrics) {
    this.#estimated = metrics.histogram('apiserver_flowcontrol_work_estimated_seats', {
      help: 'Number of estimated seats (maximum of initial and final seats) associated with requests in API Priority and Fairness',
      labels,
      buckets: seatBuckets,
    });
    const write = countFamilies(metrics);
    metrics.beforeRender(() => {
      for (const ofLevel of this.#byLevel.values()) for (const count of ofLevel.values()) write(count);
    });
  }

  of({ name, level }: FlowName): Count {
    let ofLevel = this.#byLevel.get(level.name);
    if (!ofLevel) {
      ofLevel = new Map();
      this.#byLevel.set(level.name, ofLevel);
    }
    let count = ofLevel.get(name);
    if (!count) {
      const labels = [level.name, name];
      count = {
        labels,
        took: { regular: undefined, watch: undefined },
        estimated: this.#estimated.of(labels),
        dispatched: 0,
        reported: 0,
        executing: 0,
        seats: 0,
        waiting: 0,
        waitingSeats: 0,
      };
      ofLevel.set(name, count);
    }
    return count;
  }
}

/** Returns what writes the numbers of a flow. */
function countFamilies(metrics: Metrics): (count: Count) => void {
  const dispatched = metrics.counter('apiserver_flowcontrol_dispatched_requests_total', {
    help: 'Number of requests executed by API Priority and Fairness subsystem',
    stability: 'BETA',
    labels,
  });
  const executing = metrics.gauge('apiserver_flowcontrol_current_executing_requests', {
    help: 'Number of requests in initial (for a WATCH) or any (for a non-WATCH) execution stage in the API Priority and Fairness subsystem',
    stability: 'BETA',
    labels,
  });
  const inqueue = metrics.gauge('apiserver_flowcontrol_current_inqueue_requests', {
    help: 'Number of requests currently pending in queues of the API Priority and Fairness subsystem',
    stability: 'BETA',
    labels,
  });
  const seats = metrics.gauge('apiserver_flowcontrol_current_executing_seats', {
    help: 'Concurrency (number of seats) occupied by the currently executing (initial stage for a WATCH, any stage otherwise) requests in the API Priority and Fairness subsystem',
    stability: 'BETA',
    labels,
  });
  const inqueueSeats = metrics.gauge('apiserver_flowcontrol_current_inqueue_seats', {
    help: 'Number of seats currently pending in queues of the API Priority and Fairness subsystem',
    labels,
  });
  return (count) => {
    dispatched.add(count.labels, count.dispatched - count.reported);
    count.reported = count.dispatched;
    executing.set(count.executing, count.labels);
    seats.set(count.seats, count.labels);
    inqueue.set(count.waiting, count.labels);
    inqueueSeats.set(count.waitingSeats, count.labels);
  };
}

/** What is recorded of requests that have to wait. */
function queueFamilies(metrics: Metrics) {
  return {
    rejected: metrics.counter('apiserver_flowcontrol_rejected_requests_total', {
      help: 'Number of requests rejected by API Priority and Fairness subsystem',
      stability: 'BETA',
      labels: [...labels, 'reason'],
    }),
    unaccommodated: metrics.counter('apiserver_flowcontrol_request_dispatch_no_accommodation_total', {
      help: 'Number of times a dispatch attempt resulted in a non accommodation due to lack of available seats',
      labels,
    }),
    lengths: metrics.histogram('apiserver_flowcontrol_request_queue_length_after_enqueue', {
      help: 'Length of queue in the API Priority and Fairness subsystem, as seen by each request after it is enqueued',
      labels,
      buckets: queueBuckets,
    }),
    waits: metrics.histogram('apiserver_flowcontrol_request_wait_duration_seconds', {
      help: 'Length of time a request spent waiting in its queue',
      stability: 'BETA',
      labels: [...labels, 'execute'],
      buckets: durationBuckets,
    }),
  };
}

function seatMetrics(metrics: Metrics): (levels: readonly PriorityLevel[]) => void {
  const gauge = (name: string, help: string, stability: 'ALPHA' | 'BETA' = 'ALPHA') =>
    metrics.gauge(`apiserver_flowcontrol_${name}`, { help, stability, labels: ['priority_level'] });
  const nominal = gauge(
    'nominal_limit_seats',
    'Nominal number of execution seats configured for each priority level',
    'BETA',
  );
  const lower = gauge(
    'lower_limit_seats',
    'Configured lower bound on number of execution seats available to each priority level',
  );
  const upper = gauge(
    'upper_limit_seats',
    'Configured upper bound on number of execution seats available to each priority level',
  );
  const current = gauge(
    'current_limit_seats',
    'current derived number of execution seats available to each priority level',
  );
  const high = gauge('demand_seats_high_watermark', 'High watermark, over last adjustment period, of demand_seats');
  const average = gauge('demand_seats_average', 'Time-weighted average, over last adjustment period, of demand_seats');
  const deviation = gauge(
    'demand_seats_stdev',
    'Time-weighted standard deviation, over last adjustment period, of demand_seats',
  );
  const smoothed = gauge('demand_seats_smoothed', 'Smoothed seat demands');
  const target = gauge('target_seats', 'Seat allocation targets');
  return (levels) => {
    for (const level of levels) {
      const labels = [level.name];
      nominal.set(level.bounds.nominal, labels);
      lower.set(level.bounds.min, labels);
      upper.set(level.bounds.max, labels);
      current.set(level.limit, labels);
      high.set(level.lately.highest, labels);
      average.set(level.lately.average, labels);
      deviation.set(level.lately.deviation, labels);
      smoothed.set(level.lately.smoothed, labels);
      target.set(level.lately.target, labels);
    }
  };
}
