import type { Attributes, SpanOptions, Tracing } from '@typernetes/process/tracing';
import type { UserInfo } from '../identity/user-info.ts';
import { statusErrorOf } from '../request/reply.ts';
import type { RequestContext } from '../request/request-context.ts';
import type { RequestInfo } from '../request/request-info.ts';
import type { Reply } from '../request/server-request.ts';

/** The parts of tracing that handlers use. */
export type RequestTracing = Pick<Tracing, 'tracer' | 'senderIn'>;

type Route = (context: RequestContext) => Reply | Promise<Reply>;

/** Groups whose trace contexts are continued and sampled as they say (upstream: `endpoints/filters/traces.go`). */
const believed: readonly string[] = ['system:masters', 'system:monitoring'];
const isBelieved = ({ groups }: UserInfo): boolean => groups.some((group) => believed.includes(group));

/** Answers a request as a span, with upstream's names. The server's fault is what has a status from 500 on. */
export function tracedRequest(
  { tracer, senderIn }: RequestTracing,
  context: RequestContext,
  { startedAt, route }: { readonly startedAt: number; readonly route: Route },
): Reply | Promise<Reply> {
  const { request, user, info, auditId } = context;
  const sender = senderIn(request.headers);
  const options: SpanOptions = {
    name: info.isResourceRequest ? resourceSpanName(request.method, info) : request.method,
    kind: 'server',
    startedAt,
    ...(sender && (isBelieved(user) ? { parent: sender } : { link: sender })),
    attributes: {
      'http.request.method': request.method,
      'url.scheme': 'https',
      'url.path': request.path,
      'http.target': targetOf(context),
      'user_agent.original': request.headers['user-agent'] ?? '',
      'client.address': request.remoteAddress,
      'audit-id': auditId,
    },
  };
  const settled = tracer.span(options, (span): Settled | Promise<Settled> => {
    const done = (result: Settled): Settled => {
      const status = 'reply' in result ? result.reply.status : statusErrorOf(result.error).code;
      span.set({ 'http.response.status_code': status });
      if (status >= 500) span.fail('');
      return result;
    };
    const refused = (error: unknown): Settled => done({ error });
    try {
      const answer = route(context);
      return answer instanceof Promise ? answer.then((reply) => done({ reply }), refused) : done({ reply: answer });
    } catch (error) {
      return refused(error);
    }
  });
  return settled instanceof Promise ? settled.then(replyOf) : replyOf(settled);
}

/** The result of a request: a refusal does not count as a failed span. */
type Settled = { readonly reply: Reply } | { readonly error: unknown };

function replyOf(settled: Settled): Reply {
  if ('error' in settled) throw settled.error;
  return settled.reply;
}

function targetOf({ request: { path, query } }: RequestContext): string {
  const search = query.toString();
  return search === '' ? path : `${path}?${search}`;
}

function resourceSpanName(method: string, info: RequestInfo): string {
  const { apiGroup, apiVersion, namespace, resource, name, subresource } = info;
  const parts = [
    ...(apiGroup === '' ? ['api'] : ['apis', apiGroup]),
    apiVersion,
    ...(namespace === '' ? [] : ['namespaces', '{:namespace}']),
    resource,
    ...(name === '' ? [] : ['{:name}']),
    ...(subresource === '' ? [] : [subresource]),
  ];
  return `${method} /${parts.join('/')}`;
}

/** Without watches, which are not steps that end. */
const verbNames: Readonly<Record<string, string>> = {
  get: 'Get',
  list: 'List',
  create: 'Create',
  update: 'Update',
  patch: 'Patch',
  delete: 'Delete',
  deletecollection: 'Delete',
};

/** The span of a request's verb, as in upstream's handlers; undefined for verbs without one. */
export function verbSpan(context: RequestContext): SpanOptions | undefined {
  const { request, info, auditId } = context;
  const name = verbNames[info.verb];
  if (name === undefined) return undefined;
  const attributes: Attributes = {
    accept: request.headers.accept ?? '',
    'audit-id': auditId,
    client: request.remoteAddress,
    'api-group': info.apiGroup,
    'api-version': info.apiVersion,
    name: info.name,
    subresource: info.subresource,
    namespace: info.namespace,
    resource: info.resource,
    scope: info.name !== '' || info.verb === 'create' ? 'resource' : info.namespace !== '' ? 'namespace' : 'cluster',
    url: targetOf(context),
    'user-agent': request.headers['user-agent'] ?? '',
    verb: request.method,
  };
  return { name, attributes };
}
