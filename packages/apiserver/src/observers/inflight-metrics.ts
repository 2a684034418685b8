import type { Metrics } from '@typernetes/process';
import { isLongRunning } from '../request/deadline.ts';
import type { RequestContext } from '../request/request-context.ts';
import type { RequestInfo } from '../request/request-info.ts';
import type { Reply } from '../request/server-request.ts';
import { labelsOf } from './request-metrics.ts';

/** Answers at once, or when what it needs is there. */
type Route = (context: RequestContext) => Reply | Promise<Reply>;

const mutating: ReadonlySet<string> = new Set(['create', 'update', 'patch', 'delete', 'deletecollection']);

/** Watches the requests that are being answered, apart from those that last as long as they last. */
export function inflightMetrics(
  metrics: Metrics,
  isServed: (info: RequestInfo) => boolean = () => true,
): (route: Route) => Route {
  const current = metrics.gauge('apiserver_current_inflight_requests', {
    help: 'Maximal number of currently used inflight request limit of this apiserver per request kind in last second.',
    stability: 'STABLE',
    labels: ['request_kind'],
  });
  const kinds = { readOnly: ['readOnly'], mutating: ['mutating'] } as const;
  for (const labels of Object.values(kinds)) current.set(0, labels);
  const lasting = metrics.gauge('apiserver_longrunning_requests', {
    help: 'Gauge of all active long-running apiserver requests broken out by verb, group, version, resource, scope and component. Not all requests are tracked this way.',
    stability: 'STABLE',
    labels: ['verb', 'group', 'version', 'resource', 'subresource', 'scope', 'component'],
  });
  /** Counts an answer as long as it lasts. */
  const counted = (reply: Reply, context: RequestContext): Reply => {
    const { body } = reply;
    if (typeof body !== 'function') return reply;
    const [verb = '', _dryRun, ...rest] = labelsOf(context, isServed);
    const labels = [verb, ...rest];
    return {
      ...reply,
      body: async (sink) => {
        lasting.add(labels, 1);
        try {
          await body(sink);
        } finally {
          lasting.add(labels, -1);
        }
      },
    };
  };
  const awaited = async (answering: Promise<Reply>, labels: readonly string[]): Promise<Reply> => {
    current.add(labels, 1);
    try {
      return await answering;
    } finally {
      current.add(labels, -1);
    }
  };
  return (route) => (context) => {
    const answer = route(context);
    if (isLongRunning(context.info))
      return answer instanceof Promise ? answer.then((reply) => counted(reply, context)) : counted(answer, context);
    // A request that is answered synchronously is never seen in flight.
    if (!(answer instanceof Promise)) return answer;
    return awaited(answer, mutating.has(context.info.verb) ? kinds.mutating : kinds.readOnly);
  };
}
