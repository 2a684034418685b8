import { Client, credentials, Metadata } from '@grpc/grpc-js';
import { type Clock, type Logger, messageOf } from '@typernetes/base';
import { exportRequest, type SpanSource } from './otlp-message.ts';
import type { EndedSpan } from './span.ts';

interface ExporterOptions extends SpanSource {
  /** `host:port`, or another name of gRPC's: `dns:///host:port`, `unix:///path`. */
  readonly endpoint: string;
  readonly clock: Clock;
  readonly log: Logger;
}

/** OpenTelemetry's figures for sending spans in batches. */
const mostWaiting = 2048;
const mostAtOnce = 512;
const everyMs = 5000;
const timeoutMs = 10_000;

const path = '/opentelemetry.proto.collector.trace.v1.TraceService/Export';

/**
 * Sends spans to a collector by OTLP over gRPC, unencrypted. Never blocks: spans are dropped when they come too fast or
 * the collector is unreachable.
 */
export class SpanExporter {
  readonly #options: ExporterOptions;
  readonly #client: Client;
  #waiting: EndedSpan[] = [];
  #cancel: (() => void) | undefined;
  #sending: Promise<void> = Promise.resolve();

  constructor(options: ExporterOptions) {
    this.#options = options;
    const address = options.endpoint.includes('//') ? options.endpoint : `dns:${options.endpoint}`;
    this.#client = new Client(address, credentials.createInsecure(), {
      'grpc.enable_http_proxy': 0,
      'grpc.service_config_disable_resolution': 1,
      ...(address.startsWith('unix') ? { 'grpc.default_authority': 'localhost' } : {}),
    });
  }

  take(span: EndedSpan): void {
    if (this.#waiting.length >= mostWaiting) return;
    this.#waiting.push(span);
    if (this.#waiting.length >= mostAtOnce) this.#send();
    else this.#cancel ??= this.#options.clock.after(everyMs, () => this.#send());
  }

  /** Sends what is left. */
  async close(): Promise<void> {
    this.#send();
    await this.#sending;
    this.#client.close();
  }

  #send(): void {
    this.#cancel?.();
    this.#cancel = undefined;
    const spans = this.#waiting;
    if (spans.length === 0) return;
    this.#waiting = [];
    this.#sending = this.#sending.then(() => this.#export(spans));
  }

  #export(spans: readonly EndedSpan[]): Promise<void> {
    const { clock, log } = this.#options;
    return new Promise((resolve) => {
      this.#client.makeUnaryRequest(
        path,
        (message: Uint8Array) => Buffer.from(message),
        // The response only says which spans were rejected.
        () => undefined,
        exportRequest(spans, this.#options),
        new Metadata(),
        { deadline: clock.now() + timeoutMs },
        (error) => {
          if (error) log.warn('Cannot export spans', { spans: spans.length, reason: messageOf(error) });
          resolve();
        },
      );
    });
  }
}
