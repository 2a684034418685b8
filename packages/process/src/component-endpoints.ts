import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import type { TLSSocket } from 'node:tls';
import { type Clock, messageOf } from '@typernetes/base';
import { type ComponentFacts, type ComponentPage, componentPages } from './component-pages.ts';
import { answerHealth, type HealthEndpoints } from './health.ts';
import { type Metrics, metricsContentType, metricsResetText } from './metrics.ts';
import { isProfilePath, sendProfile } from './profiles.ts';
import { type SliMetrics, sliMetrics } from './sli-metrics.ts';
import { changeVerbosity, flagsPage, isDebugFlagsPath, shortBody, type Verbosity } from './verbosity.ts';

/** The facts about a request for deciding on access; `certificate` is one that the client CA has signed. */
interface ComponentRequest {
  readonly method: string | undefined;
  readonly url: string | undefined;
  readonly headers: IncomingMessage['headers'];
  readonly certificate?: { readonly name: string; readonly groups: readonly string[] };
}

interface ReadVerdict {
  readonly status: 200 | 401 | 403 | 500;
  readonly message: string;
}

export interface ComponentEndpoints {
  readonly health: HealthEndpoints;
  readonly metrics: Pick<Metrics, 'render' | 'reset'>;
  /** Whether `DELETE /metrics` resets them. */
  readonly resettable?: boolean;
  /** Metrics at further paths. */
  readonly metricPages?: Readonly<Record<string, () => string>>;
  /** Further paths answered as JSON, such as `/configz` and `/version`. */
  readonly json?: Readonly<Record<string, () => unknown>>;
  /** The same as plain text. */
  readonly text?: Readonly<Record<string, () => string>>;
  /** The contents of `/statusz` and `/flagz`; without it, they are not served. */
  readonly facts?: ComponentFacts;
  /**
   * The level that `/debug/flags/v` changes, and the clock of `/debug/pprof`; without it, there is nothing below
   * `/debug`.
   */
  readonly profiling?: { readonly verbosity: Verbosity; readonly clock: Clock };
  /**
   * Who may read everything else. Default: clients with a certificate of the client CA, and everybody on plain HTTP.
   */
  mayRead?(request: ComponentRequest): Promise<ReadVerdict>;
  /** Paths that anyone may read; default: health checks. */
  readonly isOpen?: (path: string) => boolean;
  onHealthFailure?(endpoint: string, check: string, error: unknown): void;
}

/** The paths that every component serves: open ones to anyone, which health is by default, the others to authorized clients. */
export function componentHandler(endpoints: ComponentEndpoints): RequestListener {
  const slis = sliMetrics();
  const { facts } = endpoints;
  const pageOf = facts ? componentPages(facts, pathsOf(endpoints)) : () => undefined;
  const observed = { ...endpoints, health: slis.observed(endpoints.health), slis, pageOf };
  return (request, response) => {
    answer(observed, request, response).catch((error: unknown) => {
      send(response, 500, `Internal Server Error: ${messageOf(error)}\n`);
    });
  };
}

interface Observed extends ComponentEndpoints {
  readonly slis: SliMetrics;
  pageOf(path: string, accept: string | undefined): ComponentPage | undefined;
}

function pathsOf({ health, metricPages, json, text, profiling }: ComponentEndpoints): string[] {
  const named = [metricPages, json, text].flatMap((pages = {}) => Object.keys(pages));
  const checks = Object.keys(health).map((endpoint) => `/${endpoint}`);
  const debug = profiling ? ['/debug/flags/v'] : [];
  return [...named, ...checks, ...debug, '/flagz', '/metrics', '/metrics/slis', '/statusz'].sort();
}

async function answer(endpoints: Observed, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const url = new URL(request.url ?? '/', 'http://component');
  const health = await answerHealth(url, endpoints.health, endpoints.onHealthFailure);
  if (!(endpoints.isOpen?.(url.pathname) ?? health !== undefined)) {
    const verdict = await (endpoints.mayRead?.(componentRequest(request)) ?? byCertificate(request));
    if (verdict.status !== 200) return send(response, verdict.status, ...refusal(verdict));
  }
  if (health) return send(response, health.status, health.body);
  if (url.pathname === '/metrics' && request.method === 'DELETE' && endpoints.resettable) {
    endpoints.metrics.reset();
    return send(response, 200, metricsResetText);
  }
  if (url.pathname === '/metrics') return send(response, 200, endpoints.metrics.render(), metricsContentType);
  if (url.pathname === '/metrics/slis') return send(response, 200, endpoints.slis.render(), metricsContentType);
  const { json = {}, text: texts = {}, metricPages = {} } = endpoints;
  if (Object.hasOwn(metricPages, url.pathname))
    return send(response, 200, metricPages[url.pathname]?.() ?? '', metricsContentType);
  if (Object.hasOwn(json, url.pathname))
    return send(response, 200, JSON.stringify(json[url.pathname]?.()), 'application/json');
  if (Object.hasOwn(texts, url.pathname)) return send(response, 200, texts[url.pathname]?.() ?? '');
  const page = endpoints.pageOf(url.pathname, request.headers.accept);
  if (page) return send(response, page.status, page.body, page.type);
  if (endpoints.profiling && (await answerDebug(endpoints.profiling, url, { request, response }))) return;
  send(response, 404, '404 page not found\n');
}

/** Answers paths below `/debug`; returns whether the path exists. */
async function answerDebug(
  { verbosity, clock }: NonNullable<ComponentEndpoints['profiling']>,
  url: URL,
  { request, response }: { readonly request: IncomingMessage; readonly response: ServerResponse },
): Promise<boolean> {
  if (url.pathname === '/debug/flags/v') {
    const { status, text } = changeVerbosity(verbosity, request.method ?? 'GET', await shortBody(request));
    send(response, status, text);
    return true;
  }
  if (isDebugFlagsPath(url.pathname)) {
    send(response, 200, flagsPage, 'text/html; charset=utf-8');
    return true;
  }
  if (!isProfilePath(url.pathname)) return false;
  await sendProfile(url, response, { clock });
  return true;
}

function byCertificate(request: IncomingMessage): ReadVerdict {
  const socket = request.socket as Partial<TLSSocket>;
  const isKnown = socket.encrypted !== true || socket.authorized === true;
  return isKnown ? { status: 200, message: '' } : { status: 401, message: 'Unauthorized' };
}

function componentRequest(request: IncomingMessage): ComponentRequest {
  const { method, url, headers } = request;
  const socket = request.socket as TLSSocket;
  if (socket.authorized !== true) return { method, url, headers };
  const { subject } = socket.getPeerCertificate();
  const [name = ''] = [subject.CN].flat();
  return { method, url, headers, certificate: { name, groups: [subject.O ?? []].flat() } };
}

/** In the form of API servers' refusals. */
function refusal({ status, message }: ReadVerdict): [body: string, type: string] {
  const reason = { 200: '', 401: 'Unauthorized', 403: 'Forbidden', 500: 'InternalError' }[status];
  const text = { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure', message, reason, code: status };
  return [JSON.stringify(text), 'application/json'];
}

function send(response: ServerResponse, status: number, body: string, type = 'text/plain; charset=utf-8'): void {
  response.writeHead(status, { 'Content-Type': type, 'X-Content-Type-Options': 'nosniff' });
  response.end(body);
}
