import { goQuote } from './quote.ts';

const layout = '2006-01-02T15:04:05Z07:00';

/** One element of the layout: what it matches, the least and the most that it may mean, and what Go calls it when it is neither. */
interface Element {
  readonly as: string;
  readonly pattern: RegExp;
  readonly range?: readonly [least: number, most: number, name: string];
}

const elements: readonly Element[] = [
  { as: '2006', pattern: /^\d{4}/ },
  { as: '-', pattern: /^-/ },
  { as: '01', pattern: /^\d\d/, range: [1, 12, 'month'] },
  { as: '-', pattern: /^-/ },
  { as: '02', pattern: /^\d\d/ },
  { as: 'T', pattern: /^T/ },
  { as: '15', pattern: /^\d\d?/, range: [0, 23, 'hour'] },
  { as: ':', pattern: /^:/ },
  { as: '04', pattern: /^\d\d/, range: [0, 59, 'minute'] },
  { as: ':', pattern: /^:/ },
  { as: '05', pattern: /^\d\d(?:[.,]\d+)?/, range: [0, 59, 'second'] },
  { as: 'Z07:00', pattern: /^(?:Z|[+-]\d\d:\d\d)/ },
];

/** What Go's `time.Parse` says of a text that is no time as RFC 3339 has it; undefined for one that is. */
export function timeProblem(text: string): string | undefined {
  const of = `parsing time ${goQuote(text)}`;
  const found: number[] = [];
  let rest = text;
  for (const { as, pattern, range } of elements) {
    const [match] = pattern.exec(rest) ?? [];
    if (match === undefined) return `${of} as ${goQuote(layout)}: cannot parse ${goQuote(rest)} as ${goQuote(as)}`;
    rest = rest.slice(match.length);
    const value = Number.parseInt(match, 10);
    if (/^\d/.test(as)) found.push(value);
    if (range && (value < range[0] || value > range[1])) return `${of}: ${range[2]} out of range`;
  }
  if (rest !== '') return `${of}: extra text: ${goQuote(rest)}`;
  const [year = 0, month = 0, day = 0] = found;
  // The last day of a month is the day before the first of the next.
  return day < 1 || day > new Date(Date.UTC(year, month, 0)).getUTCDate() ? `${of}: day out of range` : undefined;
}
