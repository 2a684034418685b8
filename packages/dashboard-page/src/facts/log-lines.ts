/** A line of a log: when it was written, if the server was asked to say, and what it says. */
export interface LogLine {
  readonly time: string;
  readonly text: string;
}

/** As the server writes lines with `timestamps=true`. Colours and other orders to terminals are taken out. */
export function logLine(line: string): LogLine {
  const [, time = '', text = line] = /^(\d{4}-\d\d-\d\dT[\d:.]+(?:Z|[+-]\d\d:\d\d)) ?(.*)$/s.exec(line) ?? [];
  return { time, text: text.replace(orders, '') };
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: that is what they are made of
const orders = /\x1b\[[0-9;?]*[A-Za-z]|\x1b\][^\x07]*\x07|[\x00-\x08\x0b-\x1f]/g;

/** The latest lines, at most `most`: an old log scrolls out rather than filling the memory. */
export function withLines(lines: readonly LogLine[], more: readonly LogLine[], most: number): readonly LogLine[] {
  const all = more.length === 0 ? lines : [...lines, ...more];
  return all.length > most ? all.slice(all.length - most) : all;
}
