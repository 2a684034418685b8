import { type LogFields, type Logger, messagesOf } from '@typernetes/base';
import { debugVerbosity, type KlogOptions, showsDebug } from './klog.ts';

/**
 * Writes one JSON object per line, with the keys of upstream's JSON logs: `ts` in milliseconds since the epoch,
 * `caller`, `msg`, `v`, `err`.
 */
export function jsonLogger(options: KlogOptions, fields: LogFields = {}): Logger {
  const write = (message: string, level: LogFields, own: LogFields | undefined): void => {
    const head = { ts: options.clock.now(), caller: options.source, msg: message };
    options.stream.write(`${JSON.stringify({ ...head, ...level, ...fields, ...own }, errorsAsText)}\n`);
  };
  return {
    debug: (message, own) => {
      if (showsDebug(options)) write(message, { v: debugVerbosity }, own);
    },
    info: (message, own) => write(message, { v: 0 }, own),
    warn: (message, own) => write(message, { v: 0 }, own),
    error: (message, error, own) => write(message, { err: messagesOf(error) }, own),
    with: (more) => jsonLogger(options, { ...fields, ...more }),
  };
}

const errorsAsText = (_key: string, value: unknown): unknown => (value instanceof Error ? messagesOf(value) : value);
