import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatDuration, humanDuration, parseDuration, parseTime, shortHumanDuration } from './time.ts';

const s = 1000;
const m = 60 * s;
const h = 60 * m;
const d = 24 * h;

const ages: [ms: number, shown: string][] = [
  [-3 * s, '<invalid>'],
  [0, '0s'],
  [119 * s, '119s'],
  [2 * m, '2m'],
  [3 * m + 20 * s, '3m20s'],
  [10 * m + 20 * s, '10m'],
  [179 * m, '179m'],
  [3 * h + 5 * m, '3h5m'],
  [8 * h + 5 * m, '8h'],
  [47 * h, '47h'],
  [5 * d + 2 * h, '5d2h'],
  [9 * d, '9d'],
  [2 * 365 * d + d, '2y1d'],
  [9 * 365 * d, '9y'],
];

for (const [ms, shown] of ages)
  test(`an age of ${ms} ms shows as ${shown}`, () => assert.equal(humanDuration(ms), shown));

test('ages in one unit', () => {
  assert.equal(shortHumanDuration(59 * s), '59s');
  assert.equal(shortHumanDuration(3 * h + 59 * m), '3h');
});

test('parses and formats durations as upstream does', () => {
  for (const text of ['1h30m0s', '1.5s', '250ms', '0s', '-2m0s', '10s']) {
    assert.equal(formatDuration(parseDuration(text)), text);
  }
  assert.equal(parseDuration('1h30m'), 90 * m);
  assert.throws(() => parseDuration('5'), { message: 'time: missing unit in duration "5"' });
  assert.throws(() => parseDuration('5x'), { message: 'time: unknown unit "x" in duration "5x"' });
  assert.throws(() => parseDuration('x'), { message: 'time: invalid duration "x"' });
});

test('times', () => {
  assert.equal(parseTime('1970-01-01T00:00:01Z'), 1000);
  assert.equal(parseTime('1970-01-01T01:00:01.5+01:00'), 1500);
  assert.ok(Number.isNaN(parseTime('yesterday')));
});
