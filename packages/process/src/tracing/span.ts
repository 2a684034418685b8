import type { TraceContext } from './trace-context.ts';

export type AttributeValue = string | number | boolean;
export type Attributes = Readonly<Record<string, AttributeValue>>;

/** The kind of a span: an internal step, a request served, a request made. */
export type SpanKind = 'internal' | 'server' | 'client';

/** A span that is over. */
export interface EndedSpan {
  readonly context: TraceContext;
  /** Undefined for the first of a trace. */
  readonly parentSpanId: string | undefined;
  /** Links to related spans. */
  readonly links: readonly TraceContext[];
  readonly name: string;
  readonly kind: SpanKind;
  /** In nanoseconds since the Unix epoch. */
  readonly startedAt: bigint;
  readonly endedAt: bigint;
  readonly attributes: Attributes;
  /** Why it failed; undefined if it has not. */
  readonly failure: string | undefined;
}
