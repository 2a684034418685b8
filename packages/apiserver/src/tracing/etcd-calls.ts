import type { Tracer } from '@typernetes/process/tracing';
import type { TracedCall } from '@typernetes/store/etcd';

/** Calls of etcd as spans, with the names and attributes of OpenTelemetry's gRPC clients; etcd goes on with their traces. */
export const etcdCalls =
  (tracer: Pick<Tracer, 'span' | 'headers'>): TracedCall =>
  (path, call) => {
    const name = path.slice(1);
    const [service = '', method = ''] = name.split('/');
    const attributes = { 'rpc.system': 'grpc', 'rpc.service': service, 'rpc.method': method };
    return tracer.span({ name, kind: 'client', attributes }, () => call(tracer.headers()));
  };
