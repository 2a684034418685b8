import type { Clock } from '@typernetes/base';
import type { AuditBackend, AuditFailures } from './audit-backend.ts';
import type { AuditEvent } from './audit-event.ts';

/** `--audit-*-batch-*` */
export interface BatchOptions {
  readonly bufferSize: number;
  readonly maxSize: number;
  readonly maxWaitMs: number;
  /** The rate limit of batches; undefined: unlimited. */
  readonly throttle?: { readonly qps: number; readonly burst: number } | undefined;
}

/** Hands a batch on; rejects when it could not. */
export type SendBatch = (events: readonly AuditEvent[], signal: AbortSignal) => Promise<void>;

/**
 * Collects events and sends them in batches, one after the other; drops new events when the buffer is full, and reports
 * it. `close` sends the rest, but gives up after `closeMs`.
 */
export function batchingBackend(
  name: string,
  send: SendBatch,
  options: BatchOptions & { readonly clock: Clock; readonly failures: AuditFailures; readonly closeMs?: number },
): AuditBackend {
  const { clock, failures, maxSize, throttle } = options;
  const buffer: AuditEvent[] = [];
  const stop = new AbortController();
  let cancelTimer: (() => void) | undefined;
  let sending: Promise<void> | undefined;
  let closing = false;
  let tokens = throttle?.burst ?? 0;
  let filledAt = clock.monotonic();

  const waitForToken = async (): Promise<void> => {
    if (!throttle || throttle.qps <= 0 || closing) return;
    const now = clock.monotonic();
    tokens = Math.min(throttle.burst, tokens + ((now - filledAt) / 1000) * throttle.qps);
    filledAt = now;
    tokens -= 1;
    if (tokens < 0) await clock.sleep((-tokens * 1000) / throttle.qps, stop.signal);
  };
  const drain = async (): Promise<void> => {
    while (buffer.length > 0) {
      await waitForToken();
      const events = buffer.splice(0, maxSize);
      try {
        await send(events, stop.signal);
      } catch (error) {
        failures.failed(name, error, events.length);
      }
      if (buffer.length < maxSize && !closing) break;
    }
  };
  const flush = (): void => {
    cancelTimer?.();
    cancelTimer = undefined;
    sending ??= drain().finally(() => {
      sending = undefined;
      if (buffer.length > 0) schedule();
    });
  };
  const schedule = (): void => {
    if (buffer.length >= maxSize || closing) flush();
    else cancelTimer ??= clock.after(options.maxWaitMs, flush);
  };
  return {
    name,
    record: (events) => {
      const room = Math.max(options.bufferSize - buffer.length, 0);
      buffer.push(...events.slice(0, room));
      if (events.length > room) failures.failed(name, new Error('audit buffer queue blocked'), events.length - room);
      schedule();
    },
    close: async () => {
      closing = true;
      const cancel = clock.after(options.closeMs ?? 5000, () => stop.abort(new Error('The server stops')));
      while (buffer.length > 0 || sending) {
        flush();
        await sending;
      }
      cancelTimer?.();
      cancel();
    },
  };
}
