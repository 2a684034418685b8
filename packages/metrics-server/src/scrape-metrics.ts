import type { Metrics } from '@typernetes/process';
import type { ScraperOptions } from './scraper.ts';

/** Upper bounds in seconds. */
const buckets = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

/**
 * Duration and results of scraping the kubelets: `metrics_server_kubelet_*`, under the names of upstream's
 * metrics-server.
 */
export function scrapeMetrics(metrics: Metrics): NonNullable<ScraperOptions['onAsked']> {
  const total = metrics.counter('metrics_server_kubelet_request_total', {
    help: 'Number of requests sent to Kubelet API',
    labels: ['success'],
  });
  const duration = metrics.histogram('metrics_server_kubelet_request_duration_seconds', {
    help: 'Duration of requests to Kubelet API in seconds',
    labels: ['node'],
    buckets,
  });
  return ({ node, ok, seconds }) => {
    total.add([String(ok)]);
    duration.observe(seconds, [node]);
  };
}
