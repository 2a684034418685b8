import type { Clock } from '@typernetes/base';
import { type Counter, type Histogram, type Metrics, requestBuckets } from '@typernetes/process';
import type { RequestObserver } from '../handlers/chain.ts';
import { lengthOf } from '../request/body-pieces.ts';
import type { RequestContext } from '../request/request-context.ts';
import type { RequestInfo } from '../request/request-info.ts';
import type { Pieces } from '../request/server-request.ts';

const verbs: Readonly<Record<string, string>> = { create: 'POST', update: 'PUT' };

const bodyVerbs: Readonly<Record<string, string>> = {
  create: 'create',
  update: 'update',
  patch: 'patch',
  delete: 'delete',
  deletecollection: 'delete_collection',
};

interface RequestMetricsDeps {
  readonly clock: Clock;
  readonly isServed: (info: RequestInfo) => boolean;
  /** For deprecated versions: the release that removes them, "" if unknown; undefined for others. */
  readonly removalOf?: (info: RequestInfo) => string | undefined;
}

/** Counts requests and how long they took, under upstream's names and labels. */
export function requestMetrics(metrics: Metrics, { clock, isServed, removalOf }: RequestMetricsDeps): RequestObserver {
  const common = ['verb', 'dry_run', 'group', 'version', 'resource', 'subresource', 'scope', 'component'];
  const total = metrics.counter('apiserver_request_total', {
    help: 'Counter of apiserver requests broken out for each verb, dry run value, group, version, resource, scope, component, and HTTP response code.',
    stability: 'STABLE',
    labels: [...common, 'code'],
  });
  const duration = metrics.histogram('apiserver_request_duration_seconds', {
    help: 'Response latency distribution in seconds for each verb, dry run value, group, version, resource, subresource, scope and component.',
    stability: 'STABLE',
    labels: common,
    buckets: requestBuckets,
  });
  const sizes = metrics.histogram('apiserver_response_sizes', {
    help: 'Response size distribution in bytes for each group, version, verb, resource, subresource, scope and component.',
    stability: 'STABLE',
    labels: ['verb', 'group', 'version', 'resource', 'subresource', 'scope', 'component'],
    buckets: [1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9],
  });
  const bodies = metrics.histogram('apiserver_request_body_size_bytes', {
    help: 'Apiserver request body size in bytes broken out by resource and verb.',
    labels: ['group', 'resource', 'verb'],
    // From 50 KB to 3 MB, the maximum of a request.
    buckets: Array.from({ length: 31 }, (_, i) => 50_000 + i * 100_000),
  });
  const deprecated = metrics.gauge('apiserver_requested_deprecated_apis', {
    help: 'Gauge of deprecated APIs that have been requested, broken out by API group, version, resource, subresource, and removed_release.',
    stability: 'STABLE',
    labels: ['group', 'version', 'resource', 'subresource', 'removed_release'],
  });
  const sli = metrics.histogram('apiserver_request_sli_duration_seconds', {
    help: 'Response latency distribution (not counting webhook duration and priority & fairness queue wait times) in seconds for each verb, group, version, resource, subresource, scope and component.',
    labels: ['verb', 'group', 'version', 'resource', 'subresource', 'scope', 'component'],
    buckets: sliBuckets,
  });
  const own = metrics.counter('apiserver_selfrequest_total', {
    help: 'Counter of apiserver self-requests broken out for each verb, API resource and subresource.',
    labels: ['verb', 'group', 'resource', 'subresource'],
  });
  const terminations = metrics.counter('apiserver_request_terminations_total', {
    help: 'Number of requests which apiserver terminated in self-defense.',
    labels: ['verb', 'group', 'version', 'resource', 'subresource', 'scope', 'component', 'code'],
  });
  const aborts = metrics.counter('apiserver_request_aborts_total', {
    help: 'Number of requests which apiserver aborted possibly due to a timeout, for each group, version, verb, resource, subresource and scope',
    labels: ['verb', 'group', 'version', 'resource', 'subresource', 'scope'],
  });
  // By the labels of requests for served resources: there are few, and every request passes here.
  const known = new Map<string, Series>();
  const seriesOf = (context: RequestContext): Series => {
    const key = keyOf(context);
    let series = known.get(key);
    if (!series) {
      const labels = labelsOf(context, isServed);
      series = {
        labels,
        byStatus: new Map(),
        duration: undefined,
        sizes: undefined,
        bodies: undefined,
        bodyVerb: isServed(context.info) ? bodyVerbs[context.info.verb] : undefined,
        sli: undefined,
        own: undefined,
        isRead: isRead(labels),
      };
      if (isServed(context.info)) known.set(key, series);
      const removal = removalOf?.(context.info);
      if (removal !== undefined) {
        const { apiGroup, apiVersion, resource, subresource } = context.info;
        deprecated.set(1, [apiGroup, apiVersion, resource, subresource, removal]);
      }
    }
    return series;
  };
  return {
    answered: (context, { status, body }, startedAt) => {
      const series = seriesOf(context);
      let count = series.byStatus.get(status);
      if (!count) {
        count = total.of([...series.labels, `${status}`]);
        series.byStatus.set(status, count);
      }
      count.add();
      if (context.user.username === ownName) {
        const { info } = context;
        series.own ??= own.of([series.labels[0] ?? '', info.apiGroup, info.resource, info.subresource]);
        series.own.add();
      }
      if (series.bodyVerb !== undefined) {
        const { apiGroup, resource } = context.info;
        series.bodies ??= bodies.of([apiGroup, resource, series.bodyVerb]);
        series.bodies.observe(Number(context.request.headers['content-length'] ?? 0));
      }
      if (typeof body === 'function') return;
      series.duration ??= duration.of(series.labels);
      series.sli ??= sli.of(series.labels.toSpliced(1, 1));
      const took = clock.monotonic() - startedAt;
      series.duration.observe(took / 1000);
      series.sli.observe((took - (context.outside?.ms ?? 0)) / 1000);
      if (!series.isRead) return;
      series.sizes ??= sizes.of(series.labels.toSpliced(1, 1));
      series.sizes.observe(body === undefined ? 0 : sizeOf(body));
    },
    terminated: (context, code) => {
      const labels = labelsOf(context, isServed).toSpliced(1, 1);
      terminations.add([...labels, `${code}`]);
      if (code === 504) aborts.add(labels.slice(0, -1));
    },
  };
}

/** Upstream's. */
const sliBuckets = [0.05, 0.1, 0.2, 0.4, 0.6, 0.8, 1, 1.25, 1.5, 2, 3, 4, 5, 6, 8, 10, 15, 20, 30, 45, 60];

/** The user name of the server's own requests. */
const ownName = 'system:apiserver';

/** As upstream, response sizes are measured for reads. */
const isRead = ([verb]: readonly string[]): boolean => verb === 'GET' || verb === 'LIST';

const sizeOf = (body: Uint8Array | Pieces): number => (body instanceof Uint8Array ? body.length : lengthOf(body));

interface Series {
  readonly isRead: boolean;
  readonly labels: readonly string[];
  readonly byStatus: Map<number, ReturnType<Counter['of']>>;
  /** Set with the first response that ended by itself. */
  duration: ReturnType<Histogram['of']> | undefined;
  /** The same, without what others took. */
  sli: ReturnType<Histogram['of']> | undefined;
  /** The counter of the server's own requests. */
  own: ReturnType<Counter['of']> | undefined;
  /** The verb in the sizes of request bodies; undefined for requests without one. */
  readonly bodyVerb: string | undefined;
  bodies: ReturnType<Histogram['of']> | undefined;
  /** The sizes of read responses. */
  sizes: ReturnType<Histogram['of']> | undefined;
}

/** Requests with equal keys have equal labels. */
function keyOf({ info, request }: RequestContext): string {
  const { verb, apiGroup, apiVersion, resource, subresource } = info;
  const place = `${info.name === '' ? '' : 'name'} ${info.namespace === '' ? '' : 'namespace'}`;
  const how = `${isApply(info, request) ? 'apply' : ''} ${dryRunOf(request.query)}`;
  return `${verb} ${apiGroup}/${apiVersion}/${resource}/${subresource} ${place} ${how}`;
}

/** Verb, dry run, group, version, resource, subresource, scope and component. */
export function labelsOf({ info, request }: RequestContext, isServed: (info: RequestInfo) => boolean): string[] {
  // Never the path itself: a client could create any number of labels.
  if (!info.isResourceRequest || !isServed(info)) return [request.method, '', '', '', '', '', '', 'apiserver'];
  const verb = isApply(info, request) ? 'APPLY' : (verbs[info.verb] ?? info.verb.toUpperCase());
  const scope =
    info.name !== '' || info.verb === 'create' ? 'resource' : info.namespace !== '' ? 'namespace' : 'cluster';
  return [
    verb,
    dryRunOf(request.query),
    info.apiGroup,
    info.apiVersion,
    info.resource,
    info.subresource,
    scope,
    'apiserver',
  ];
}

function isApply({ verb }: RequestInfo, { headers }: RequestContext['request']): boolean {
  return verb === 'patch' && (headers['content-type'] ?? '').startsWith('application/apply-patch');
}

/** Normalized: a client could send any number of values. */
function dryRunOf(query: URLSearchParams): '' | 'All' | 'invalid' {
  const values = query.getAll('dryRun');
  if (values.length === 0) return '';
  return values.every((value) => value === 'All') ? 'All' : 'invalid';
}
