export type { Attributes, AttributeValue, SpanKind } from './span.ts';
export { type ExporterOptions, SpanExporter } from './span-exporter.ts';
export { type TraceContext, traceContextIn, traceHeaders } from './trace-context.ts';
export { type LiveSpan, type SpanOptions, Tracer, type TracerOptions } from './tracer.ts';
export {
  type TracingConfiguration,
  tracingFields,
  tracingProblems,
  usualEndpoint,
} from './tracing-configuration.ts';
