import { goQuote } from '@typernetes/machinery';

/** The values that one field matches. If a day field is starred, only the other day field restricts the days. */
export interface CronField {
  readonly values: ReadonlySet<number>;
  readonly starred: boolean;
}

interface Bounds {
  readonly min: number;
  readonly max: number;
  readonly names?: readonly string[];
}

const months = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];
const days = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'];

/** Bounds, in the order of the columns. Sunday is only 0, not 7. */
export const cronBounds = {
  minute: { min: 0, max: 59 },
  hour: { min: 0, max: 23 },
  dayOfMonth: { min: 1, max: 31 },
  month: { min: 1, max: 12, names: ['', ...months] },
  dayOfWeek: { min: 0, max: 6, names: days },
} as const satisfies Record<string, Bounds>;

/** A comma-separated list of `*`, `?`, values, ranges and steps. Throws an Error with upstream's message. */
export function parseCronField(text: string, bounds: Bounds): CronField {
  const values = new Set<number>();
  let starred = false;
  for (const part of text.split(',').filter((one) => one !== '')) {
    const { from, to, step, star } = parseRange(part, bounds);
    starred ||= star;
    for (let value = from; value <= to; value += step) values.add(value);
  }
  return { values, starred };
}

interface Range {
  readonly from: number;
  readonly to: number;
  readonly step: number;
  readonly star: boolean;
}

function parseRange(text: string, { min, max, names }: Bounds): Range {
  const [span = '', stepText, ...moreSteps] = text.split('/');
  const [low = '', high, ...moreHyphens] = span.split('-');
  let star = low === '*' || low === '?';
  const from = star ? min : parseValue(low, names);
  if (!star && moreHyphens.length > 0) throw new Error(`too many hyphens: ${text}`);
  let to = from;
  if (star) to = max;
  else if (high !== undefined) to = parseValue(high, names);
  if (moreSteps.length > 0) throw new Error(`too many slashes: ${text}`);
  const step = stepText === undefined ? 1 : parseValue(stepText);
  if (stepText !== undefined) {
    if (high === undefined) to = max; // N/step goes on to the end
    if (step > 1) star = false;
  }
  if (from < min) throw new Error(`beginning of range (${from}) below minimum (${min}): ${text}`);
  if (to > max) throw new Error(`end of range (${to}) above maximum (${max}): ${text}`);
  if (from > to) throw new Error(`beginning of range (${from}) beyond end of range (${to}): ${text}`);
  if (step === 0) throw new Error(`step of range should be a positive number: ${text}`);
  return { from, to, step, star };
}

function parseValue(text: string, names?: readonly string[]): number {
  const named = text === '' ? -1 : (names ?? []).indexOf(text.toLowerCase());
  if (named >= 0) return named;
  if (!/^[+-]?\d+$/.test(text)) {
    throw new Error(`failed to parse int from ${text}: strconv.Atoi: parsing ${goQuote(text)}: invalid syntax`);
  }
  const value = Number(text);
  if (value < 0) throw new Error(`negative number (${value}) not allowed: ${text}`);
  return value;
}
