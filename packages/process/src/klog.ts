import { type Clock, type LogFields, type Logger, messagesOf } from '@typernetes/base';
import type { Verbosity } from './verbosity.ts';

export interface KlogOptions {
  /** The destination of lines, one write per message. */
  readonly stream: { write(line: string): unknown };
  readonly clock: Pick<Clock, 'now'>;
  readonly pid: number;
  /** Takes the place of klog's file and line: the component's name. */
  readonly source: string;
  /** `-v`: debug messages show from 4 on. Looked at for each message. */
  readonly verbosity?: Verbosity;
}

/** The verbosity from which debug messages show: upstream's level for debugging. */
export const debugVerbosity = 4;

/** Writes klog's text format: `I1123 18:00:00.000000    1234 kubelet] "Message" key="value"`, in UTC. */
export function klogLogger(options: KlogOptions, fields: LogFields = {}): Logger {
  const write = (severity: 'I' | 'W' | 'E', message: string, own: LogFields | undefined): void => {
    const values = own ? { ...fields, ...own } : fields;
    options.stream.write(`${header(severity, options)}] ${JSON.stringify(message)}${formatFields(values)}\n`);
  };
  return {
    debug: (message, own) => {
      if (showsDebug(options)) write('I', message, own);
    },
    info: (message, own) => write('I', message, own),
    warn: (message, own) => write('W', message, own),
    error: (message, error, own) => write('E', message, { err: messagesOf(error), ...own }),
    with: (more) => klogLogger(options, { ...fields, ...more }),
  };
}

export const showsDebug = ({ verbosity }: KlogOptions): boolean => (verbosity?.level ?? 0) >= debugVerbosity;

function header(severity: string, { clock, pid, source }: KlogOptions): string {
  const at = new Date(clock.now()).toISOString(); // 2026-11-23T18:00:00.000Z
  const day = `${at.slice(5, 7)}${at.slice(8, 10)}`;
  return `${severity}${day} ${at.slice(11, 23)}000 ${String(pid).padStart(7)} ${source}`;
}

function formatFields(fields: LogFields): string {
  let text = '';
  for (const [key, value] of Object.entries(fields)) if (value !== undefined) text += ` ${key}=${formatValue(value)}`;
  return text;
}

function formatValue(value: unknown): string {
  if (typeof value === 'string')
    return value.includes('\n') ? `<\n\t${value.replaceAll('\n', '\n\t')}\n >` : JSON.stringify(value);
  if (value instanceof Error) return JSON.stringify(messagesOf(value));
  return typeof value === 'object' && value !== null ? JSON.stringify(value) : String(value);
}
