import type { ApiRequest, Transport } from '@typernetes/client';
import type { Tracer } from '@typernetes/process/tracing';

/** A transport that records a span for each request, until the head of the response; the server joins the trace. */
export function tracedTransport(transport: Transport, tracer: Pick<Tracer, 'span' | 'headers'>): Transport {
  const traced = <R>(request: ApiRequest, send: (request: ApiRequest) => Promise<R>): Promise<R> => {
    const { method, path } = request;
    const attributes = { 'http.request.method': method, 'url.path': path.split('?')[0] ?? '' };
    return tracer.span({ name: `HTTP ${method}`, kind: 'client', attributes }, () =>
      send({ ...request, headers: { ...request.headers, ...tracer.headers() } }),
    );
  };
  return {
    request: (request) => traced(request, (one) => transport.request(one)),
    upgrade: (request) => traced(request, (one) => transport.upgrade(one)),
    close: () => transport.close(),
  };
}
