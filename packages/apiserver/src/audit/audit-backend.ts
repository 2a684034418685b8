import { type AuditEvent, legacyLine } from './audit-event.ts';

/** The destination of log lines: an open file, or standard output. Throws when a line cannot be written. */
export interface AuditSink {
  write(line: string): void;
  close?(): void | Promise<void>;
}

/** The destination of events. */
export interface AuditBackend {
  readonly name: string;
  /** Throws when the events cannot be recorded: that affects requests only in the mode blocking-strict. */
  record(events: readonly AuditEvent[]): void;
  /** Settles when everything taken is where it belongs. */
  close(): Promise<void>;
}

export type AuditLogFormat = 'json' | 'legacy';

/** Writes one line per event. */
export function logBackend(sink: AuditSink, format: AuditLogFormat = 'json'): AuditBackend {
  return {
    name: 'log',
    record: (events) => {
      for (const event of events) sink.write(`${format === 'legacy' ? legacyLine(event) : JSON.stringify(event)}\n`);
    },
    close: async () => {
      await sink.close?.();
    },
  };
}

interface TruncateOptions {
  readonly maxEventBytes: number;
}

/** Drops the objects of events that are too large, or else everything but the head; an annotation says so. */
export function truncating(backend: AuditBackend, { maxEventBytes }: TruncateOptions): AuditBackend {
  const sizeOf = (event: AuditEvent): number => Buffer.byteLength(JSON.stringify(event));
  const fit = (event: AuditEvent): AuditEvent[] => {
    if (sizeOf(event) <= maxEventBytes) return [event];
    const { requestObject: _request, responseObject: _response, ...head } = event;
    const marked = { ...head, annotations: { ...event.annotations, 'audit.k8s.io/truncated': 'true' } };
    return sizeOf(marked) <= maxEventBytes ? [marked] : [];
  };
  return { ...backend, record: (events) => backend.record(events.flatMap(fit)) };
}

/** Receives failures that no response reports: they are counted and logged. */
export interface AuditFailures {
  failed(plugin: string, error: unknown, events: number): void;
}

/** Takes events without ever failing: what cannot be recorded is counted. */
export function forgiving(backend: AuditBackend, failures: AuditFailures): AuditBackend {
  return {
    ...backend,
    record: (events) => {
      try {
        backend.record(events);
      } catch (error) {
        failures.failed(backend.name, error, events.length);
      }
    },
  };
}
