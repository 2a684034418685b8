import { goQuote } from './quote.ts';

const rfc3339 = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)$/;

/** Milliseconds since the epoch of an RFC 3339 text (meta/v1 Time and MicroTime); NaN for anything else. */
export function parseTime(text: string): number {
  return rfc3339.test(text) ? Date.parse(text) : Number.NaN;
}

const unitMs = new Map([
  ['ns', 1e-6],
  ['us', 1e-3],
  ['µs', 1e-3],
  ['μs', 1e-3],
  ['ms', 1],
  ['s', 1000],
  ['m', 60_000],
  ['h', 3_600_000],
]);

/** Milliseconds of `1h30m`, `250ms`, `-1.5s`, `0`. Throws an Error with upstream's message. */
export function parseDuration(text: string): number {
  const bad = (why: string): Error => new Error(`time: ${why} duration ${goQuote(text)}`);
  const body = text.replace(/^[+-]/, '');
  if (body === '0') return 0;
  if (body === '') throw bad('invalid');
  let total = 0;
  let rest = body;
  while (rest !== '') {
    const found = /^(\d+\.?\d*|\.\d+)([^\d.]*)/.exec(rest);
    if (found === null) throw bad('invalid');
    const [whole, amount, unit = ''] = found;
    if (unit === '') throw bad('missing unit in');
    const ms = unitMs.get(unit);
    if (ms === undefined) throw bad(`unknown unit ${goQuote(unit)} in`);
    total += Number(amount) * ms;
    rest = rest.slice(whole.length);
  }
  return text.startsWith('-') ? -total : total;
}

/** Milliseconds as meta/v1 Duration writes them: `1h30m0s`, `1.5s`, `250ms`, `0s`. */
export function formatDuration(ms: number): string {
  const sign = ms < 0 ? '-' : '';
  const at = Math.abs(ms);
  if (at === 0) return '0s';
  if (at < 1e-3) return `${sign}${trimmed(at * 1e6)}ns`;
  if (at < 1) return `${sign}${trimmed(at * 1e3)}µs`;
  if (at < 1000) return `${sign}${trimmed(at)}ms`;
  const hours = Math.floor(at / 3_600_000);
  const minutes = Math.floor((at % 3_600_000) / 60_000);
  const seconds = `${trimmed((at % 60_000) / 1000)}s`;
  if (hours > 0) return `${sign}${hours}h${minutes}m${seconds}`;
  return minutes > 0 ? `${sign}${minutes}m${seconds}` : `${sign}${seconds}`;
}

const trimmed = (value: number): string => String(Number(value.toFixed(9)));

/** An age in two units at most, as tables show it: `45s`, `3m20s`, `5d2h`, `2y`. */
export function humanDuration(ms: number): string {
  const seconds = Math.trunc(ms / 1000);
  if (seconds < -1) return '<invalid>';
  if (seconds < 0) return '0s';
  if (seconds < 120) return `${seconds}s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 10) return pair(minutes, 'm', seconds % 60, 's');
  if (minutes < 180) return `${minutes}m`;
  const hours = Math.floor(minutes / 60);
  if (hours < 8) return pair(hours, 'h', minutes % 60, 'm');
  if (hours < 48) return `${hours}h`;
  const days = Math.floor(hours / 24);
  if (hours < 24 * 8) return pair(days, 'd', hours % 24, 'h');
  if (days < 365 * 2) return `${days}d`;
  const years = Math.floor(days / 365);
  return days < 365 * 8 ? pair(years, 'y', days % 365, 'd') : `${years}y`;
}

function pair(large: number, unit: string, small: number, smallUnit: string): string {
  return small === 0 ? `${large}${unit}` : `${large}${unit}${small}${smallUnit}`;
}

/** An age in one unit: `45s`, `3m`, `5d`. */
export function shortHumanDuration(ms: number): string {
  const seconds = Math.trunc(ms / 1000);
  if (seconds < -1) return '<invalid>';
  if (seconds < 0) return '0s';
  if (seconds < 60) return `${seconds}s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)}m`;
  if (seconds < 86_400) return `${Math.floor(seconds / 3600)}h`;
  return seconds < 86_400 * 365 ? `${Math.floor(seconds / 86_400)}d` : `${Math.floor(seconds / 86_400 / 365)}y`;
}
