import { messageOf } from '@typernetes/base';
import { parseDuration } from '@typernetes/machinery';
import { type CronField, cronBounds, parseCronField } from './cron-fields.ts';
import { type LocalTime, localTime, startOfDay } from './local-time.ts';

/** The schedule of a CronJob. Times in milliseconds since the epoch. */
export interface CronSchedule {
  /** The first time after `after`; undefined when there is none within five years. */
  next(after: number): number | undefined;
}

const macros: Readonly<Record<string, string>> = {
  '@yearly': '0 0 1 1 *',
  '@annually': '0 0 1 1 *',
  '@monthly': '0 0 1 * *',
  '@weekly': '0 0 * * 0',
  '@daily': '0 0 * * *',
  '@midnight': '0 0 * * *',
  '@hourly': '0 * * * *',
};

/**
 * Parses five columns (minute, hour, day of month, month, day of week), a macro, or `@every 1h30m`, each optionally
 * after `TZ=zone ` or `CRON_TZ=zone `. Columns are wall time in `timeZone`, by default UTC. Throws an Error with the
 * message of upstream's parser.
 */
export function parseCronSchedule(text: string, timeZone = 'UTC'): CronSchedule {
  if (text === '') throw new Error('empty spec string');
  const prefixed = /^(?:CRON_)?TZ=(\S*)\s+(.*)$/s.exec(text);
  if (prefixed) return inZone(prefixed[2] ?? '', prefixed[1] || 'UTC');
  return inZone(text, timeZone);
}

/** Whether the zone is in the IANA database. */
export function isTimeZone(zone: string): boolean {
  try {
    localTime(0, zone);
    return true;
  } catch (error) {
    if (error instanceof RangeError) return false;
    throw error;
  }
}

function inZone(text: string, timeZone: string): CronSchedule {
  if (!isTimeZone(timeZone)) throw new Error(`provided bad location ${timeZone}: unknown time zone ${timeZone}`);
  if (text.startsWith('@every ')) return every(text);
  if (text.startsWith('@') && !macros[text]) throw new Error(`unrecognized descriptor: ${text}`);
  const columns = (macros[text] ?? text).split(/\s+/).filter((column) => column !== '');
  if (columns.length !== 5) {
    throw new Error(`expected exactly 5 fields, found ${columns.length}: [${columns.join(' ')}]`);
  }
  const [minute, hour, dayOfMonth, month, dayOfWeek] = Object.values(cronBounds).map((bounds, i) =>
    parseCronField(columns[i] ?? '', bounds),
  ) as [CronField, CronField, CronField, CronField, CronField];
  return columnSchedule({ minute, hour, dayOfMonth, month, dayOfWeek }, timeZone);
}

/** An interval in whole seconds, at least one. */
function every(text: string): CronSchedule {
  const duration = text.slice('@every '.length);
  let period: number;
  try {
    period = Math.max(1, Math.floor(parseDuration(duration) / 1000)) * 1000;
  } catch (error) {
    throw new Error(`failed to parse duration ${text}: ${messageOf(error)}`, { cause: error });
  }
  return { next: (after) => Math.floor((after + period) / 1000) * 1000 };
}

type Columns = Readonly<Record<keyof typeof cronBounds, CronField>>;

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;

/**
 * Steps through real time. As upstream, wall times skipped by a clock change never match, and repeated ones match
 * twice.
 */
function columnSchedule(columns: Columns, timeZone: string): CronSchedule {
  const isDay = ({ day, weekday }: LocalTime): boolean => {
    const inMonth = columns.dayOfMonth.values.has(day);
    const inWeek = columns.dayOfWeek.values.has(weekday);
    // If both day columns are restricted, either may match; if one is starred, both must.
    return columns.dayOfMonth.starred || columns.dayOfWeek.starred ? inMonth && inWeek : inMonth || inWeek;
  };
  return {
    next(after) {
      let at = Math.floor(after / minuteMs) * minuteMs + minuteMs;
      const lastYear = localTime(at, timeZone).year + 5;
      for (;;) {
        const local = localTime(at, timeZone);
        if (local.year > lastYear) return undefined;
        if (!columns.month.values.has(local.month)) {
          at = startOfDay({ year: local.year, month: local.month + 1, day: 1 }, timeZone);
        } else if (!isDay(local)) {
          at = startOfDay({ ...local, day: local.day + 1 }, timeZone);
        } else if (!columns.hour.values.has(local.hour)) {
          at += hourMs - local.minute * minuteMs;
        } else if (!columns.minute.values.has(local.minute)) {
          const later = [...columns.minute.values].filter((minute) => minute > local.minute);
          at += (Math.min(60, ...later) - local.minute) * minuteMs;
        } else return at;
      }
    },
  };
}
