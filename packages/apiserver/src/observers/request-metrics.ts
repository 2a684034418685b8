import type { Clock } from '@typernetes/base';
import { type Metrics, requestBuckets } from '@typernetes/process';
import type { RequestObserver } from '../handlers/chain.ts';
import type { RequestContext } from '../request/request-context.ts';
import type { RequestInfo } from '../request/request-info.ts';

const verbs: Readonly<Record<string, string>> = { create: 'POST', update: 'PUT' };

/** Counts requests and how long they took, under upstream's names and labels. */
export function requestMetrics(
  metrics: Metrics,
  { clock, isServed }: { clock: Clock; isServed: (info: RequestInfo) => boolean },
): RequestObserver {
  const common = ['verb', 'dry_run', 'group', 'version', 'resource', 'subresource', 'scope', 'component'];
  const total = metrics.counter('apiserver_request_total', {
    help: 'Counter of apiserver requests broken out for each verb, dry run value, group, version, resource, scope, component, and HTTP response code.',
    labels: [...common, 'code'],
  });
  const duration = metrics.histogram('apiserver_request_duration_seconds', {
    help: 'Response latency distribution in seconds for each verb, dry run value, group, version, resource, subresource, scope and component.',
    labels: common,
    buckets: requestBuckets,
  });
  return {
    answered: (context, reply, startedAt) => {
      const labels = labelsOf(context, isServed);
      total.add([...labels, `${reply.status}`]);
      if (typeof reply.body !== 'function') duration.observe((clock.monotonic() - startedAt) / 1000, labels);
    },
  };
}

/** Verb, dry run, group, version, resource, subresource, scope and component. */
export function labelsOf({ info, request }: RequestContext, isServed: (info: RequestInfo) => boolean): string[] {
  // Whatever else the path says: anybody could make up labels without end.
  if (!info.isResourceRequest || !isServed(info)) return [request.method, '', '', '', '', '', '', 'apiserver'];
  const isApply =
    info.verb === 'patch' && (request.headers['content-type'] ?? '').startsWith('application/apply-patch');
  const verb = isApply ? 'APPLY' : (verbs[info.verb] ?? info.verb.toUpperCase());
  const scope =
    info.name !== '' || info.verb === 'create' ? 'resource' : info.namespace !== '' ? 'namespace' : 'cluster';
  const dryRun = request.query.get('dryRun') ?? '';
  return [verb, dryRun, info.apiGroup, info.apiVersion, info.resource, info.subresource, scope, 'apiserver'];
}
