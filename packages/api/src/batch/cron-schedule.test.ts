import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { isTimeZone, parseCronSchedule } from './cron-schedule.ts';
import { zonedTimestamp } from './local-time.ts';

const iso = (ms: number | undefined) => (ms === undefined ? undefined : new Date(ms).toISOString().slice(0, 19));

const nexts: [schedule: string, after: string, next: string | undefined, zone?: string][] = [
  ['* * * * *', '2026-01-01T00:00:00Z', '2026-01-01T00:01:00'],
  ['*/15 * * * *', '2026-01-01T00:00:30Z', '2026-01-01T00:15:00'],
  ['5/20 * * * *', '2026-01-01T00:25:00Z', '2026-01-01T00:45:00'],
  ['20-35/15 * * * *', '2026-01-01T00:35:00Z', '2026-01-01T01:20:00'],
  ['0 12 * * Mon-fri', '2026-01-02T12:00:00Z', '2026-01-05T12:00:00'],
  ['0 0 1 Jan,JUL ?', '2026-01-01T00:00:00Z', '2026-07-01T00:00:00'],
  ['0 0 13 * 5', '2026-02-01T00:00:00Z', '2026-02-06T00:00:00'], // the 13th or a Friday
  ['0 0 */2 * 5', '2026-02-01T00:00:00Z', '2026-02-03T00:00:00'], // a step does not count as a star
  ['0 0 29 2 *', '2026-01-01T00:00:00Z', '2028-02-29T00:00:00'],
  ['0 0 30 2 *', '2026-01-01T00:00:00Z', undefined],
  ['@hourly', '2026-01-01T00:00:00Z', '2026-01-01T01:00:00'],
  ['@weekly', '2026-01-01T00:00:00Z', '2026-01-04T00:00:00'],
  ['@yearly', '2026-01-01T00:00:00Z', '2027-01-01T00:00:00'],
  ['@every 1h30m', '2026-01-01T00:00:00.500Z', '2026-01-01T01:30:00'],
  ['@every 10ms', '2026-01-01T00:00:00Z', '2026-01-01T00:00:01'],
  ['0 9 * * *', '2026-01-01T00:00:00Z', '2026-01-01T08:00:00', 'Europe/Berlin'],
  ['30 2 * * *', '2026-03-28T12:00:00Z', '2026-03-30T00:30:00', 'Europe/Berlin'], // 02:30 does not exist on the 29th
  ['30 2 * * *', '2026-10-25T00:30:00Z', '2026-10-25T01:30:00', 'Europe/Berlin'], // 02:30 comes twice
  ['0 0 * * *', '2026-01-01T00:00:00Z', '2026-01-01T18:30:00', 'Asia/Kolkata'],
  ['0 5 * * *', '2026-09-05T12:00:00Z', '2026-09-06T08:00:00', 'America/Santiago'], // midnight of the 6th is skipped
  ['TZ=Asia/Tokyo 0 9 * * *', '2026-01-01T00:00:00Z', '2026-01-02T00:00:00'],
  ['CRON_TZ=UTC 0 9 * * *', '2026-01-01T00:00:00Z', '2026-01-01T09:00:00', 'Asia/Tokyo'],
];
describe('next time', () => {
  for (const [schedule, after, next, zone] of nexts) {
    test(`of ${schedule}${zone ? ` in ${zone}` : ''} after ${after}`, () =>
      assert.equal(iso(parseCronSchedule(schedule, zone).next(Date.parse(after))), next));
  }
});

const refused: [schedule: string, message: string][] = [
  ['', 'empty spec string'],
  ['* * * *', 'expected exactly 5 fields, found 4: [* * * *]'],
  ['* * * * * *', 'expected exactly 5 fields, found 6: [* * * * * *]'],
  ['60 * * * *', 'end of range (60) above maximum (59): 60'],
  ['* * 0 * *', 'beginning of range (0) below minimum (1): 0'],
  ['* * * * 7', 'end of range (7) above maximum (6): 7'],
  ['5-3 * * * *', 'beginning of range (5) beyond end of range (3): 5-3'],
  ['1-2-3 * * * *', 'too many hyphens: 1-2-3'],
  ['*/5/5 * * * *', 'too many slashes: */5/5'],
  ['*/0 * * * *', 'step of range should be a positive number: */0'],
  ['*/-1 * * * *', 'negative number (-1) not allowed: -1'],
  ['x * * * *', 'failed to parse int from x: strconv.Atoi: parsing "x": invalid syntax'],
  ['* * * foo *', 'failed to parse int from foo: strconv.Atoi: parsing "foo": invalid syntax'],
  ['@fortnightly', 'unrecognized descriptor: @fortnightly'],
  ['@every x', 'failed to parse duration @every x: time: invalid duration "x"'],
  ['TZ=Mars/Olympus 0 0 * * *', 'provided bad location Mars/Olympus: unknown time zone Mars/Olympus'],
];
describe('rejected', () => {
  for (const [schedule, message] of refused)
    test(schedule, () => assert.throws(() => parseCronSchedule(schedule), { message }));
});

test('time zones and timestamps in them', () => {
  assert.deepEqual(['Europe/Berlin', 'Etc/UTC', 'Nowhere'].map(isTimeZone), [true, true, false]);
  const at = Date.UTC(2026, 0, 1, 8);
  assert.equal(zonedTimestamp(at, 'Europe/Berlin'), '2026-01-01T09:00:00+01:00');
  assert.equal(zonedTimestamp(at, 'America/St_Johns'), '2026-01-01T04:30:00-03:30');
  assert.equal(zonedTimestamp(at, 'UTC'), '2026-01-01T08:00:00Z');
});
