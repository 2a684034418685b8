import type { RequestListener } from 'node:http';
import type { Tracing } from '@typernetes/process/tracing';

/** The variable parts of paths, by prefix, as in upstream's routes. */
const routes: Readonly<Record<string, string>> = {
  attach: '/attach/{podNamespace}/{podID}/{containerName}',
  checkpoint: '/checkpoint/{podNamespace}/{podID}/{containerName}',
  containerLogs: '/containerLogs/{podNamespace}/{podID}/{containerName}',
  exec: '/exec/{podNamespace}/{podID}/{containerName}',
  logs: '/logs/{logpath:*}',
  portForward: '/portForward/{podNamespace}/{podID}',
  run: '/run/{podNamespace}/{podID}/{containerName}',
};
const plain: ReadonlySet<string> = new Set([
  ...['/configz', '/healthz', '/metrics', '/metrics/cadvisor', '/metrics/probes', '/metrics/resource', '/pods'],
  ...['/runningpods/', '/stats/summary', '/statusz', '/flagz'],
]);

/** Records a span for each request, named after its route; spans join the traces of their callers. */
export function tracedServer(
  handle: RequestListener,
  { tracer, senderIn }: Pick<Tracing, 'tracer' | 'senderIn'>,
): RequestListener {
  return (request, response) => {
    const { method = '', url = '/', headers } = request;
    const [path = ''] = url.split('?');
    const { traceparent, tracestate } = headers;
    const parent = senderIn({ traceparent: one(traceparent), tracestate: one(tracestate) });
    const attributes = { 'http.request.method': method, 'url.path': path };
    const answered = tracer.span({ name: routeOf(path), kind: 'server', parent, attributes }, (span) => {
      const closed = new Promise<void>((resolve) => {
        response.once('close', () => {
          span.set({ 'http.response.status_code': response.statusCode });
          if (response.statusCode >= 500) span.fail('');
          resolve();
        });
      });
      handle(request, response);
      return closed;
    });
    void answered;
  };
}

const one = (header: string | string[] | undefined): string | undefined =>
  Array.isArray(header) ? header.join(',') : header;

/** Unknown paths share one route, since a client can invent any number. */
function routeOf(path: string): string {
  const [, first = ''] = path.split('/');
  return routes[first] ?? (plain.has(path) ? path : '/');
}
