import type { Metrics } from '@typernetes/process';
import { isLongRunning } from '../handlers/deadline.ts';
import type { RequestInfo } from '../request/request-info.ts';
import type { Reply } from '../request/server-request.ts';

const mutating: ReadonlySet<string> = new Set(['create', 'update', 'patch', 'delete', 'deletecollection']);

/** Watches the requests that are being answered, apart from those that last as long as they last. */
export function inflightMetrics(
  metrics: Metrics,
): <T extends { info: RequestInfo }>(route: (context: T) => Promise<Reply>) => (context: T) => Promise<Reply> {
  const current = metrics.gauge('apiserver_current_inflight_requests', {
    help: 'Maximal number of currently used inflight request limit of this apiserver per request kind in last second.',
    labels: ['request_kind'],
  });
  const kinds = { readOnly: ['readOnly'], mutating: ['mutating'] } as const;
  for (const labels of Object.values(kinds)) current.set(0, labels);
  return (route) => async (context) => {
    if (isLongRunning(context.info)) return await route(context);
    const labels = mutating.has(context.info.verb) ? kinds.mutating : kinds.readOnly;
    current.add(labels, 1);
    try {
      return await route(context);
    } finally {
      current.add(labels, -1);
    }
  };
}
