import { X509Certificate } from 'node:crypto';
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import type { TLSSocket } from 'node:tls';
import { type Clock, type Logger, messageOf } from '@typernetes/base';
import type { DelegatedAccess } from '@typernetes/client';
import { reasonOf, StatusError, type StatusReason } from '@typernetes/machinery';
import { discovery } from './discovery.ts';
import type { MetricsApi } from './metrics-api.ts';
import { metricsTable } from './metrics-table.ts';
import { type MetricsTarget, metricsTarget } from './metrics-target.ts';
import { openApi } from './openapi.ts';
import { introduced, type Trust } from './trust.ts';

export interface MetricsHandlerOptions {
  readonly api: MetricsApi;
  readonly access: Pick<DelegatedAccess, 'check'>;
  /** The current trust configuration. */
  readonly trust: () => Trust;
  readonly clock: Pick<Clock, 'now'>;
  readonly log: Logger;
}

/**
 * Serves everything below `/apis` and `/openapi` as an aggregated API server does, with authentication and
 * authorization.
 */
export function metricsHandler(options: MetricsHandlerOptions): RequestListener {
  return (request, response) => {
    answer(options, request).then(
      (body) => send(response, 200, body),
      (error: unknown) => {
        const status = reasonOf(error) ? (error as StatusError) : unexpected(error, options.log);
        send(response, status.code, status.toStatus());
      },
    );
  };
}

async function answer({ api, access, trust, clock }: MetricsHandlerOptions, request: IncomingMessage): Promise<object> {
  const url = new URL(request.url ?? '/', 'https://metrics-server');
  const target = metricsTarget(url.pathname);
  const verdict = await access.check({
    method: request.method,
    url: request.url,
    headers: request.headers,
    requester: introduced(
      { certificate: certificateOf(request), headers: request.headersDistinct },
      trust(),
      clock.now(),
    ),
    ...(target ? { resource: attributes(target, request.method) } : {}),
  });
  if (verdict.status !== 200) throw new StatusError(reasons[verdict.status], verdict.message);
  const groups = Object.hasOwn(documents, url.pathname) ? documents[url.pathname] : undefined;
  if (!target && !groups) throw new StatusError('NotFound', 'the server could not find the requested resource');
  if (request.method !== 'GET' || isWatch(url))
    throw new StatusError('MethodNotAllowed', 'the server does not allow this method on the requested resource');
  const form = wanted(request.headers.accept ?? '*/*');
  if (groups) return groups;
  const { name } = target as MetricsTarget;
  const found =
    name === undefined ? api.list(target as MetricsTarget, url.searchParams) : api.get(target as MetricsTarget);
  return form === 'table' ? metricsTable(found) : found;
}

const documents: Readonly<Record<string, object>> = { ...discovery, ...openApi };

const reasons = { 401: 'Unauthorized', 403: 'Forbidden', 500: 'InternalError' } as const satisfies Readonly<
  Record<number, StatusReason>
>;

const isWatch = ({ searchParams }: URL): boolean => ['true', '1'].includes(searchParams.get('watch') ?? '');

const verbs: Readonly<Record<string, string>> = { POST: 'create', PUT: 'update', PATCH: 'patch', DELETE: 'delete' };

function attributes({ resource, namespace, name }: MetricsTarget, method = 'GET') {
  const verb = verbs[method] ?? (name === undefined ? 'list' : 'get');
  return {
    verb,
    group: 'metrics.k8s.io',
    version: 'v1beta1',
    resource,
    ...(namespace === undefined ? {} : { namespace }),
    ...(name === undefined ? {} : { name }),
  };
}

/** The client's first choice among the supported forms: JSON, and JSON as a Table. */
function wanted(accept: string): 'json' | 'table' {
  for (const choice of accept.split(',')) {
    const [type, ...parameters] = choice.split(';').map((part) => part.trim());
    if (!['application/json', 'application/*', '*/*'].includes(type ?? '')) continue;
    const as = parameters.find((parameter) => parameter.startsWith('as='));
    if (as === undefined) return 'json';
    if (as === 'as=Table') return 'table';
  }
  throw new StatusError('NotAcceptable', 'only the following media types are accepted: application/json');
}

function certificateOf({ socket }: IncomingMessage): X509Certificate | undefined {
  const der = (socket as Partial<TLSSocket>).getPeerCertificate?.().raw;
  return der && new X509Certificate(der);
}

function unexpected(error: unknown, log: Logger): StatusError {
  log.error('Cannot answer a request', { error: messageOf(error) });
  return new StatusError('InternalError', `Internal error occurred: ${messageOf(error)}`);
}

function send(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'Content-Type': 'application/json', 'Cache-Control': 'no-cache, private' });
  response.end(JSON.stringify(body));
}
