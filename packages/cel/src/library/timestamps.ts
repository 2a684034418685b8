import { durationType, intType, stringType, timestampType } from '../types/type.ts';
import { type CelDuration, CelError, type CelTimestamp } from '../values/value.ts';
import { type Library, method, type Overload } from './overload.ts';

const floorDivide = (value: bigint, by: bigint): bigint => (value - (((value % by) + by) % by)) / by;

/** The local time in a time zone, as a date whose UTC fields hold it. */
function localDate({ nanos }: CelTimestamp, zone = 'UTC'): Date {
  const ms = Number(floorDivide(nanos, 1_000_000n));
  return new Date(ms + offsetMs(zone, ms));
}

function offsetMs(zone: string, ms: number): number {
  if (zone === 'UTC' || zone === '') return 0;
  const fixed = /^([+-]?)(\d{1,2}):(\d{2})$/.exec(zone);
  if (fixed) {
    const minutes = Number(fixed[2]) * 60 + Number(fixed[3]);
    return (fixed[1] === '-' ? -minutes : minutes) * 60_000;
  }
  try {
    const parts = new Intl.DateTimeFormat('en-US', { timeZone: zone, timeZoneName: 'longOffset' }).formatToParts(ms);
    const text = parts.find((part) => part.type === 'timeZoneName')?.value.replace('GMT', '') ?? '';
    return text === '' ? 0 : offsetMs(text.slice(0, 6), ms);
  } catch {
    throw new CelError(`unknown time zone ${zone}`);
  }
}

function accessor(name: string, read: (date: Date) => number): Overload[] {
  return [
    method(name, [timestampType], intType, (value: CelTimestamp) => BigInt(read(localDate(value)))),
    method(name, [timestampType, stringType], intType, (value: CelTimestamp, zone: string) =>
      BigInt(read(localDate(value, zone))),
    ),
  ];
}

const dayOfYear = (date: Date): number =>
  Math.floor((date.getTime() - Date.UTC(date.getUTCFullYear(), 0, 1)) / 86_400_000);

const whole = (name: string, nanos: bigint): Overload =>
  method(name, [durationType], intType, (value: CelDuration) => value.nanos / nanos);

export const timestamps: Library = [
  ...accessor('getFullYear', (date) => date.getUTCFullYear()),
  ...accessor('getMonth', (date) => date.getUTCMonth()),
  ...accessor('getDayOfYear', dayOfYear),
  ...accessor('getDayOfMonth', (date) => date.getUTCDate() - 1),
  ...accessor('getDate', (date) => date.getUTCDate()),
  ...accessor('getDayOfWeek', (date) => date.getUTCDay()),
  ...accessor('getHours', (date) => date.getUTCHours()),
  ...accessor('getMinutes', (date) => date.getUTCMinutes()),
  ...accessor('getSeconds', (date) => date.getUTCSeconds()),
  ...accessor('getMilliseconds', (date) => date.getUTCMilliseconds()),
  whole('getHours', 3_600_000_000_000n),
  whole('getMinutes', 60_000_000_000n),
  whole('getSeconds', 1_000_000_000n),
  method('getMilliseconds', [durationType], intType, (value: CelDuration) => (value.nanos / 1_000_000n) % 1000n),
];
