/** One line of a container's log as the runtime writes it: `2026-11-23T18:00:00.000000000Z stdout F text`. */
interface LogLine {
  readonly time: string;
  readonly stream: 'stdout' | 'stderr';
  /** Part of a longer line: the rest follows, no line break between. */
  readonly partial: boolean;
  readonly text: Buffer;
}

const space = 0x20;

/** Undefined for anything else. `line` is without its line break. */
export function parseLogLine(line: Buffer): LogLine | undefined {
  const first = line.indexOf(space);
  const second = line.indexOf(space, first + 1);
  if (first < 0 || second < 0) return undefined;
  const third = line.indexOf(space, second + 1);
  const tags = line.subarray(second + 1, third < 0 ? line.length : third).toString();
  const stream = line.subarray(first + 1, second).toString();
  if (stream !== 'stdout' && stream !== 'stderr') return undefined;
  return {
    time: line.subarray(0, first).toString(),
    stream,
    partial: tags.split(':')[0] === 'P',
    text: third < 0 ? Buffer.alloc(0) : line.subarray(third + 1),
  };
}

/** What to read from a log. */
export interface LogOptions {
  readonly follow: boolean;
  readonly timestamps: boolean;
  readonly tailLines?: number;
  /** Milliseconds since the epoch. */
  readonly since?: number;
  readonly limitBytes?: number;
  readonly stream?: 'stdout' | 'stderr';
}

/** The line as a reader gets it; undefined when the reader does not want it. */
export function shownLine(line: LogLine, options: LogOptions, midLine: boolean): Buffer | undefined {
  if (options.since !== undefined && Date.parse(line.time) < options.since) return undefined;
  if (options.stream && options.stream !== line.stream) return undefined;
  const time = options.timestamps && !midLine ? Buffer.from(`${line.time} `) : Buffer.alloc(0);
  return Buffer.concat([time, line.text, line.partial ? Buffer.alloc(0) : Buffer.from('\n')]);
}
