import { Server, ServerCredentials, type ServerUnaryCall, type sendUnaryData } from '@grpc/grpc-js';
import protobuf from 'protobufjs';

/** OpenTelemetry's messages, as far as these tests read them. */
const root = protobuf.parse(`
  syntax = "proto3";
  message ExportTraceServiceRequest { repeated ResourceSpans resource_spans = 1; }
  message ExportTraceServiceResponse {}
  message ResourceSpans { Resource resource = 1; repeated ScopeSpans scope_spans = 2; }
  message Resource { repeated KeyValue attributes = 1; }
  message ScopeSpans { Scope scope = 1; repeated Span spans = 2; }
  message Scope { string name = 1; }
  message Span {
    bytes trace_id = 1; bytes span_id = 2; string trace_state = 3; bytes parent_span_id = 4; string name = 5;
    int32 kind = 6; fixed64 start = 7; fixed64 end = 8; repeated KeyValue attributes = 9;
    repeated Link links = 13; Status status = 15;
  }
  message Link { bytes trace_id = 1; bytes span_id = 2; }
  message Status { string message = 2; int32 code = 3; }
  message KeyValue { string key = 1; AnyValue value = 2; }
  message AnyValue { oneof value { string string_value = 1; bool bool_value = 2; int64 int_value = 3; double double_value = 4; } }
`).root;

interface Value {
  readonly stringValue?: string;
  readonly boolValue?: boolean;
  readonly intValue?: unknown;
  readonly doubleValue?: number;
}
type KeyValues = readonly { readonly key: string; readonly value: Value }[];

interface Received {
  readonly resourceSpans: readonly {
    readonly resource: { readonly attributes: KeyValues };
    readonly scopeSpans: readonly {
      readonly spans: readonly {
        readonly traceId: Uint8Array;
        readonly spanId: Uint8Array;
        readonly parentSpanId: Uint8Array;
        readonly name: string;
        readonly kind: number;
        readonly start: unknown;
        readonly end: unknown;
        readonly attributes: KeyValues;
        readonly links: readonly { readonly traceId: Uint8Array; readonly spanId: Uint8Array }[];
        readonly status?: { readonly message: string; readonly code: number } | null;
      }[];
    }[];
  }[];
}

/** A received span; ids are hexadecimal, empty if unset. */
export interface CollectedSpan {
  readonly service: string;
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId: string;
  readonly name: string;
  readonly kind: 'internal' | 'server' | 'client';
  readonly ms: number;
  readonly attributes: Readonly<Record<string, string | number | boolean>>;
  readonly links: readonly string[];
  readonly failed: boolean;
}

/** An OTLP collector over gRPC on loopback. */
export interface OtlpCollector {
  readonly endpoint: string;
  readonly spans: readonly CollectedSpan[];
  close(): void;
}

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');
const plainValue = ({ stringValue, boolValue, intValue, doubleValue }: Value): string | number | boolean =>
  stringValue || boolValue || Number(intValue ?? doubleValue ?? 0) || stringValue || 0;
const recordOf = (values: KeyValues): Record<string, string | number | boolean> =>
  Object.fromEntries(values.map(({ key, value }) => [key, plainValue(value)]));
const kinds = ['internal', 'internal', 'server', 'client'] as const;

export async function startCollector(): Promise<OtlpCollector> {
  const spans: CollectedSpan[] = [];
  const take = ({ resourceSpans }: Received): void => {
    for (const { resource, scopeSpans } of resourceSpans)
      for (const span of scopeSpans.flatMap((one) => one.spans))
        spans.push({
          service: String(recordOf(resource.attributes)['service.name']),
          traceId: hex(span.traceId),
          spanId: hex(span.spanId),
          parentSpanId: hex(span.parentSpanId),
          name: span.name,
          kind: kinds[span.kind] ?? 'internal',
          ms: (Number(span.end) - Number(span.start)) / 1e6,
          attributes: recordOf(span.attributes),
          links: span.links.map((link) => `${hex(link.traceId)}-${hex(link.spanId)}`),
          failed: span.status?.code === 2,
        });
  };
  const request = root.lookupType('ExportTraceServiceRequest');
  const definition = {
    path: '/opentelemetry.proto.collector.trace.v1.TraceService/Export',
    requestStream: false,
    responseStream: false,
    requestSerialize: () => Buffer.alloc(0),
    requestDeserialize: (bytes: Buffer) => request.decode(bytes) as unknown as Received,
    responseSerialize: () => Buffer.alloc(0),
    responseDeserialize: () => ({}),
  };
  const server = new Server();
  server.addService(
    { export: definition } as never,
    {
      export: (call: ServerUnaryCall<Received, object>, reply: sendUnaryData<object>) => {
        take(call.request);
        reply(null, {});
      },
    } as never,
  );
  const port = await new Promise<number>((resolve, reject) =>
    server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, bound) =>
      error ? reject(error) : resolve(bound),
    ),
  );
  return { endpoint: `127.0.0.1:${port}`, spans, close: () => server.forceShutdown() };
}
