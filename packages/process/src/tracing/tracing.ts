import type { Clock, Logger, Random, TracedCall } from '@typernetes/base';
import { grpcCalls } from './grpc-calls.ts';
import type { Attributes } from './span.ts';
import { SpanExporter } from './span-exporter.ts';
import { type TraceContext, traceContextIn } from './trace-context.ts';
import { Tracer } from './tracer.ts';
import { type TracingConfiguration, usualEndpoint } from './tracing-configuration.ts';

/** The tracing functions for a component. */
export interface Tracing {
  readonly tracer: Tracer;
  /** A sender's place in a trace, by its headers. */
  readonly senderIn: (headers: Readonly<Record<string, string | undefined>>) => TraceContext | undefined;
  /** For clients of gRPC. */
  readonly calls: TracedCall;
  /** Sends what is left. */
  close(): Promise<void>;
}

export interface TracingOptions {
  /** Resource attributes of the spans: `service.name` and the like. */
  readonly resource: Attributes;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
}

/** Starts tracing by a valid configuration. */
export function startTracing(
  { endpoint = usualEndpoint, samplingRatePerMillion = 0 }: TracingConfiguration,
  { resource, clock, random, log }: TracingOptions,
): Tracing {
  const exporter = new SpanExporter({ endpoint, resource, scope: 'typernetes', clock, log });
  const record = exporter.take.bind(exporter);
  const tracer = new Tracer({ clock, random, samplingRatePerMillion, record });
  return { tracer, senderIn: traceContextIn, calls: grpcCalls(tracer), close: () => exporter.close() };
}
