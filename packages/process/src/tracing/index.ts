export type { Attributes, AttributeValue, SpanKind } from './span.ts';
export type { TraceContext } from './trace-context.ts';
export type { LiveSpan, SpanOptions, Tracer } from './tracer.ts';
export { startTracing, type Tracing, type TracingOptions } from './tracing.ts';
