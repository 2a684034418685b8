import type { Metrics } from './metrics.ts';

/** Upstream's upper bounds in seconds. */
const latencyBuckets = [0.005, 0.025, 0.1, 0.25, 0.5, 1, 2, 4, 8, 15, 30, 60];
const queueBuckets = Array.from({ length: 10 }, (_, i) => Number(`1e${i - 8}`));

const sizeBuckets = [64, 256, 512, 1024, 4096, 16_384, 65_536, 262_144, 1_048_576, 4_194_304, 16_777_216];

/** A request of a program, once it is answered. Sizes in bytes, that of the response if known. */
interface ClientRequest {
  readonly method: string;
  readonly host: string;
  readonly code: string;
  readonly seconds: number;
  readonly requestBytes: number;
  readonly responseBytes: number | undefined;
}

/** The requests of a program to the API: `rest_client_*`. */
export function restClientMetrics(metrics: Metrics): (request: ClientRequest) => void {
  const total = metrics.counter('rest_client_requests_total', {
    help: 'Number of HTTP requests, partitioned by status code, method, and host.',
    labels: ['code', 'host', 'method'],
  });
  const duration = metrics.histogram('rest_client_request_duration_seconds', {
    help: 'Request latency in seconds. Broken down by verb, and host.',
    labels: ['host', 'verb'],
    buckets: latencyBuckets,
  });
  const sent = metrics.histogram('rest_client_request_size_bytes', {
    help: 'Request size in bytes. Broken down by verb and host.',
    labels: ['host', 'verb'],
    buckets: sizeBuckets,
  });
  const received = metrics.histogram('rest_client_response_size_bytes', {
    help: 'Response size in bytes. Broken down by verb and host.',
    labels: ['host', 'verb'],
    buckets: sizeBuckets,
  });
  return ({ method, host, code, seconds, requestBytes, responseBytes }) => {
    total.add([code, host, method]);
    duration.observe(seconds, [host, method]);
    sent.observe(requestBytes, [host, method]);
    if (responseBytes !== undefined) received.observe(responseBytes, [host, method]);
  };
}

/** Whether the program is the leader: `leader_election_master_status` with the lease's name. */
export function leaderElectionMetrics(metrics: Metrics, lease: string): (leading: boolean) => void {
  const status = metrics.gauge('leader_election_master_status', {
    help: 'Gauge of if the reporting system is master of the relevant lease, 0 indicates backup, 1 indicates master. "name" is the string used to identify the lease. Please make sure to group by name.',
    labels: ['name'],
  });
  const set = (leading: boolean): void => status.set(leading ? 1 : 0, [lease]);
  set(false);
  return set;
}

interface QueueGauges {
  depth(): number;
  unfinishedSeconds(): number;
  longestSeconds(): number;
}

/** The work queues of controllers: `workqueue_*`, by the controller's name. */
export function workQueueMetrics(metrics: Metrics) {
  const labels = ['name'];
  const depth = metrics.gauge('workqueue_depth', { stability: 'BETA', help: 'Current depth of workqueue', labels });
  const adds = metrics.counter('workqueue_adds_total', {
    stability: 'BETA',
    help: 'Total number of adds handled by workqueue',
    labels,
  });
  const waiting = metrics.histogram('workqueue_queue_duration_seconds', {
    stability: 'BETA',
    help: 'How long in seconds an item stays in workqueue before being requested.',
    labels,
    buckets: queueBuckets,
  });
  const working = metrics.histogram('workqueue_work_duration_seconds', {
    stability: 'BETA',
    help: 'How long in seconds processing an item from workqueue takes.',
    labels,
    buckets: queueBuckets,
  });
  const unfinished = metrics.gauge('workqueue_unfinished_work_seconds', {
    stability: 'BETA',
    help: "How many seconds of work has done that is in progress and hasn't been observed by work_duration. Large values indicate stuck threads. One can deduce the number of stuck threads by observing the rate at which this increases.",
    labels,
  });
  const longest = metrics.gauge('workqueue_longest_running_processor_seconds', {
    stability: 'BETA',
    help: 'How many seconds has the longest running processor for workqueue been running.',
    labels,
  });
  const retries = metrics.counter('workqueue_retries_total', {
    stability: 'BETA',
    help: 'Total number of retries handled by workqueue',
    labels,
  });
  const queues = new Map<string, QueueGauges>();
  metrics.beforeRender(() => {
    for (const [name, gauges] of queues) {
      depth.set(gauges.depth(), [name]);
      unfinished.set(gauges.unfinishedSeconds(), [name]);
      longest.set(gauges.longestSeconds(), [name]);
    }
  });
  return (name: string, gauges: QueueGauges) => {
    const own = [name];
    queues.set(name, gauges);
    adds.add(own, 0);
    retries.add(own, 0);
    return {
      added: (): void => adds.add(own),
      waited: (seconds: number): void => waiting.observe(seconds, own),
      worked: (seconds: number): void => working.observe(seconds, own),
      retried: (): void => retries.add(own),
    };
  };
}
