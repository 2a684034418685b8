import type { TracedCall } from '@typernetes/base';
import type { Tracer } from './tracer.ts';

/** Calls by gRPC as spans, with the names and attributes of OpenTelemetry's clients. */
export const grpcCalls =
  (tracer: Pick<Tracer, 'span' | 'headers'>): TracedCall =>
  (path, call) => {
    const name = path.slice(1);
    const [service = '', method = ''] = name.split('/');
    const attributes = { 'rpc.system': 'grpc', 'rpc.service': service, 'rpc.method': method };
    return tracer.span({ name, kind: 'client', attributes }, () => call(tracer.headers()));
  };
