import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import type { Clock } from '@typernetes/base';
import type { Metrics } from '@typernetes/process';

/**
 * The first part of a path, or the first two of a metrics path; unknown paths share one label, since a client can
 * invent any number.
 */
const known: ReadonlySet<string> = new Set([
  ...['attach', 'checkpoint', 'configz', 'containerLogs', 'debug', 'exec', 'flagz', 'healthz', 'logs', 'metrics'],
  ...['metrics/cadvisor', 'metrics/probes', 'metrics/resource', 'pods', 'portForward', 'run', 'runningpods'],
  ...['stats', 'statusz'],
]);
const methods: ReadonlySet<string> = new Set(['OPTIONS', 'GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'TRACE', 'CONNECT']);
/** Upstream writes the last of its own, port-forward's, in another way than its path: it never counts as lasting. */
const lasting: ReadonlySet<string> = new Set(['exec', 'attach', 'debug']);

/** `kubelet_http_*`: wraps the handler of one of the kubelet's ports. */
export function httpMetrics(
  metrics: Metrics,
  clock: Pick<Clock, 'monotonic'>,
): (handle: RequestListener, server: 'readwrite' | 'readonly') => RequestListener {
  const labels = ['method', 'path', 'server_type', 'long_running'];
  const total = metrics.counter('kubelet_http_requests_total', {
    help: 'Number of the http requests received since the server started',
    labels,
  });
  const inflight = metrics.gauge('kubelet_http_inflight_requests', {
    help: 'Number of the inflight http requests',
    labels,
  });
  const duration = metrics.histogram('kubelet_http_requests_duration_seconds', {
    help: 'Duration in seconds to serve http requests',
    labels,
    buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
  });
  return (handle, server) => (request: IncomingMessage, response: ServerResponse) => {
    const path = placeOf(request.url ?? '');
    const { method = '' } = request;
    const values = [methods.has(method) ? method : 'other', path, server, String(lasting.has(path))];
    const startedAt = clock.monotonic();
    total.add(values);
    inflight.add(values);
    response.once('close', () => {
      inflight.add(values, -1);
      duration.observe((clock.monotonic() - startedAt) / 1000, values);
    });
    handle(request, response);
  };
}

function placeOf(url: string): string {
  const [first = '', second = ''] = (url.split('?')[0] ?? '').split('/').slice(1);
  const place = first === 'metrics' && second !== '' ? `${first}/${second}` : first;
  return known.has(place) ? place : 'other';
}
