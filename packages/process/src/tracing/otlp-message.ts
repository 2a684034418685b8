import { WireWriter } from '@typernetes/base';
import type { Attributes, AttributeValue, EndedSpan, SpanKind } from './span.ts';
import type { TraceContext } from './trace-context.ts';

/** The numbers of `opentelemetry.proto.trace.v1.Span.SpanKind`. */
const kinds: Readonly<Record<SpanKind, number>> = { internal: 1, server: 2, client: 3 };
const failed = 2;

/** The resource attributes of the spans (`service.name`, …), and the instrumentation scope. */
export interface SpanSource {
  readonly resource: Attributes;
  readonly scope: string;
}

/** `opentelemetry.proto.collector.trace.v1.ExportTraceServiceRequest`, with all spans of one resource and scope. */
export function exportRequest(spans: readonly EndedSpan[], { resource, scope }: SpanSource): Uint8Array {
  const message = new Message();
  message.nested(1, () => {
    message.nested(2, () => {
      for (const span of [...spans].reverse()) message.nested(2, () => writeSpan(message, span));
      message.nested(1, () => message.text(1, scope));
    });
    message.nested(1, () => message.attributes(1, resource));
  });
  return message.take();
}

/** Messages are written from their ends: the last field first. */
function writeSpan(message: Message, span: EndedSpan): void {
  const { context, parentSpanId, links, failure } = span;
  if (failure !== undefined)
    message.nested(15, () => {
      message.number(3, failed);
      message.text(2, failure);
    });
  for (const link of [...links].reverse()) message.nested(13, () => writePlace(message, link));
  message.attributes(9, span.attributes);
  message.fixed64(8, span.endedAt);
  message.fixed64(7, span.startedAt);
  message.number(6, kinds[span.kind]);
  message.text(5, span.name);
  if (parentSpanId !== undefined) message.bytes(4, Buffer.from(parentSpanId, 'hex'));
  writePlace(message, context);
}

/** The fields that spans and links begin with. */
function writePlace(message: Message, { traceId, spanId, state }: TraceContext): void {
  if (state !== '') message.text(3, state);
  message.bytes(2, Buffer.from(spanId, 'hex'));
  message.bytes(1, Buffer.from(traceId, 'hex'));
}

const wireTypes = { varint: 0, fixed64: 1, bytes: 2 } as const;

class Message {
  readonly #writer = new WireWriter();

  take(): Uint8Array {
    return this.#writer.take();
  }

  nested(field: number, write: () => void): void {
    const before = this.#writer.length;
    write();
    this.#writer.varint(this.#writer.length - before);
    this.#tag(field, wireTypes.bytes);
  }

  text(field: number, text: string): void {
    this.nested(field, () => this.#writer.text(text));
  }

  bytes(field: number, bytes: Uint8Array): void {
    this.nested(field, () => this.#writer.raw(bytes));
  }

  number(field: number, value: number): void {
    this.#writer.varint(value);
    this.#tag(field, wireTypes.varint);
  }

  fixed64(field: number, value: bigint): void {
    const bytes = Buffer.alloc(8);
    bytes.writeBigUInt64LE(value);
    this.#writer.raw(bytes);
    this.#tag(field, wireTypes.fixed64);
  }

  /** KeyValues. */
  attributes(field: number, attributes: Attributes): void {
    for (const [key, value] of Object.entries(attributes).reverse())
      this.nested(field, () => {
        this.nested(2, () => this.#value(value));
        this.text(1, key);
      });
  }

  /** An AnyValue. */
  #value(value: AttributeValue): void {
    if (typeof value === 'string') this.text(1, value);
    else if (typeof value === 'boolean') this.number(2, value ? 1 : 0);
    else if (Number.isInteger(value)) this.number(3, value);
    else {
      this.#writer.double(value);
      this.#tag(4, wireTypes.fixed64);
    }
  }

  #tag(field: number, wireType: number): void {
    this.#writer.varint(field * 8 + wireType);
  }
}
