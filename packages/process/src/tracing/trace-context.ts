/** The position in a trace that W3C's Trace Context passes from one process to the next. */
export interface TraceContext {
  /** 32 hexadecimal digits, not all of them 0. */
  readonly traceId: string;
  /** 16 hexadecimal digits, not all of them 0. */
  readonly spanId: string;
  /** Whether spans of the trace are recorded. */
  readonly sampled: boolean;
  /** Vendor data, passed on unchanged. */
  readonly state: string;
}

type Headers = Readonly<Record<string, string | undefined>>;

const format = /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/;

/** The trace context of a request; undefined without a valid one (W3C Trace Context, 3.2). */
export function traceContextIn(headers: Headers): TraceContext | undefined {
  const { traceparent, tracestate: state = '' } = headers;
  if (traceparent === undefined) return undefined;
  const [, version, traceId = '', spanId = '', flags = '', rest] = format.exec(traceparent) ?? [];
  if (version === undefined || version === 'ff' || (version === '00' && rest !== undefined)) return undefined;
  if (/^0*$/.test(traceId) || /^0*$/.test(spanId)) return undefined;
  return { traceId, spanId, sampled: (Number.parseInt(flags, 16) & 1) === 1, state };
}

/** The headers that carry a trace context. */
export function traceHeaders({ traceId, spanId, sampled, state }: TraceContext): Record<string, string> {
  const traceparent = `00-${traceId}-${spanId}-${sampled ? '01' : '00'}`;
  return state === '' ? { traceparent } : { traceparent, tracestate: state };
}
