/** A moment in the wall time of a zone; months start at 1, Sunday is 0. */
export interface LocalTime {
  readonly year: number;
  readonly month: number;
  readonly day: number;
  readonly weekday: number;
  readonly hour: number;
  readonly minute: number;
}

const formats = new Map<string, Intl.DateTimeFormat>();

/** The zone's offset from UTC at `at`, in milliseconds. Throws a RangeError for an unknown zone. */
function offset(at: number, timeZone: string): number {
  if (timeZone === 'UTC') return 0;
  let format = formats.get(timeZone);
  if (!format) {
    const numeric = { year: 'numeric', month: 'numeric', day: 'numeric', hour: 'numeric', minute: 'numeric' } as const;
    format = new Intl.DateTimeFormat('en-US', {
      timeZone,
      hourCycle: 'h23',
      second: 'numeric',
      era: 'short',
      ...numeric,
    });
    formats.set(timeZone, format);
  }
  const part: Record<string, number> = {};
  for (const { type, value } of format.formatToParts(at)) part[type] = Number(value);
  const { year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0 } = part;
  return Date.UTC(year, month - 1, day, hour, minute, second) - Math.floor(at / 1000) * 1000;
}

/**
 * Milliseconds since the epoch as wall time of the zone. Throws a RangeError for a zone that the IANA database lacks.
 */
export function localTime(at: number, timeZone: string): LocalTime {
  const shown = new Date(at + offset(at, timeZone));
  return {
    year: shown.getUTCFullYear(),
    month: shown.getUTCMonth() + 1,
    day: shown.getUTCDate(),
    weekday: shown.getUTCDay(),
    hour: shown.getUTCHours(),
    minute: shown.getUTCMinutes(),
  };
}

/**
 * The start of a day in the zone; out-of-range days and months roll over. Where midnight is skipped, the first moment
 * after it.
 */
export function startOfDay(
  { year, month, day }: { year: number; month: number; day: number },
  timeZone: string,
): number {
  const wall = Date.UTC(year, month - 1, day);
  const dayMs = 24 * 3_600_000;
  // The offset may change around this day: of the two candidates, the earlier moment on this day is its start.
  const moments = [offset(wall - dayMs, timeZone), offset(wall + dayMs, timeZone)].map((ahead) => wall - ahead);
  const wanted = new Date(wall).getUTCDate();
  const showing = moments.filter((at) => localTime(at, timeZone).day === wanted);
  return Math.min(...(showing.length > 0 ? showing : moments));
}

/** RFC 3339 with the zone's offset: `2026-03-01T09:00:00+01:00`. */
export function zonedTimestamp(at: number, timeZone: string): string {
  const ahead = offset(at, timeZone);
  const wall = new Date(at + ahead).toISOString().slice(0, 19);
  if (ahead === 0) return `${wall}Z`;
  const minutes = Math.abs(ahead) / 60_000;
  const two = (value: number): string => String(Math.floor(value)).padStart(2, '0');
  return `${wall}${ahead < 0 ? '-' : '+'}${two(minutes / 60)}:${two(minutes % 60)}`;
}
