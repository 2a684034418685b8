import { AsyncLocalStorage } from 'node:async_hooks';
import { type Clock, messageOf, type Random } from '@typernetes/base';
import type { Attributes, EndedSpan, SpanKind } from './span.ts';
import { type TraceContext, traceHeaders } from './trace-context.ts';

export interface SpanOptions {
  readonly name: string;
  /** Default: `internal`. */
  readonly kind?: SpanKind;
  readonly attributes?: Attributes;
  /** The parent span of a trace that another process has started; default: the current span. */
  readonly parent?: TraceContext | undefined;
  /** Starts a new trace with a link to this one: not everybody may decide what is sampled. */
  readonly link?: TraceContext | undefined;
  /** The start time on the monotonic clock; default: now. */
  readonly startedAt?: number;
}

/** What can be added to a span while it lasts. */
export interface LiveSpan {
  set(attributes: Attributes): void;
  fail(why: string): void;
}

interface TracerOptions {
  readonly clock: Clock;
  readonly random: Random;
  /** How many of a million new traces are sampled; for continued ones the sender decides. */
  readonly samplingRatePerMillion: number;
  /** Takes spans that are over. */
  readonly record: (span: EndedSpan) => void;
}

/**
 * Records spans that nest: whatever runs in a span, also after an await, belongs to it. Sampling depends on the trace
 * id, as in OpenTelemetry's ParentBased(TraceIDRatioBased), so that all participants agree.
 */
export class Tracer {
  readonly #options: TracerOptions;
  readonly #active = new AsyncLocalStorage<TraceContext>();
  /** The difference between the wall clock and the monotonic clock, in milliseconds. */
  readonly #ahead: number;

  constructor(options: TracerOptions) {
    this.#options = options;
    this.#ahead = options.clock.now() - options.clock.monotonic();
  }

  /** The headers that propagate the current trace; empty outside of traces. */
  headers(): Record<string, string> {
    const context = this.#active.getStore();
    return context ? traceHeaders(context) : {};
  }

  /** Runs a function as a span, which ends with it; its failure is the span's. */
  span<T>(options: SpanOptions, run: (span: LiveSpan) => T): T {
    const { link } = options;
    const parent = link ? undefined : (options.parent ?? this.#active.getStore());
    const context = this.#next(parent);
    if (!context.sampled) return this.#active.run(context, () => run(unrecorded));
    const startedAt = options.startedAt ?? this.#options.clock.monotonic();
    const attributes: Record<string, string | number | boolean> = { ...options.attributes };
    let failure: string | undefined;
    const live: LiveSpan = {
      set: (more) => void Object.assign(attributes, more),
      fail: (why) => {
        failure = why;
      },
    };
    const end = (): void =>
      this.#options.record({
        context,
        parentSpanId: parent?.spanId,
        links: link ? [link] : [],
        name: options.name,
        kind: options.kind ?? 'internal',
        startedAt: this.#nanos(startedAt),
        endedAt: this.#nanos(this.#options.clock.monotonic()),
        attributes,
        failure,
      });
    const failed = (error: unknown): never => {
      live.fail(messageOf(error));
      end();
      throw error;
    };
    let result: T;
    try {
      result = this.#active.run(context, () => run(live));
    } catch (error) {
      return failed(error);
    }
    if (!(result instanceof Promise)) {
      end();
      return result;
    }
    return result.then((value: unknown) => {
      end();
      return value;
    }, failed) as T;
  }

  #next(parent: TraceContext | undefined): TraceContext {
    const spanId = this.#digits(16);
    if (parent) return { ...parent, spanId };
    const traceId = this.#digits(32);
    const { samplingRatePerMillion: rate } = this.#options;
    // The last 63 bits of the number, as a fraction.
    const share = Number(BigInt(`0x${traceId.slice(16)}`) >> 1n) / 2 ** 63;
    return { traceId, spanId, sampled: share < rate / 1_000_000, state: '' };
  }

  /** Random hexadecimal digits, not all of them 0. */
  #digits(length: number): string {
    let text = '';
    while (text.length < length)
      text += Math.floor(this.#options.random.next() * 2 ** 32)
        .toString(16)
        .padStart(8, '0');
    return /^0*$/.test(text) ? this.#digits(length) : text;
  }

  #nanos(monotonic: number): bigint {
    const ms = monotonic + this.#ahead;
    const whole = Math.floor(ms);
    return BigInt(whole) * 1_000_000n + BigInt(Math.floor((ms - whole) * 1_000_000));
  }
}

const unrecorded: LiveSpan = { set: () => {}, fail: () => {} };
