import assert from 'node:assert/strict';
import { test } from 'node:test';
import { timeProblem } from './time-problem.ts';

const layout = '"2006-01-02T15:04:05Z07:00"';

test('what is wrong with a time is said as by Go', () => {
  for (const right of ['2020-01-01T00:00:00Z', '2020-02-29T23:59:59.123456789+02:00'])
    assert.equal(timeProblem(right), undefined, right);
  for (const [wrong, rest, as] of [
    ['x', 'x', '2006'],
    ['2020-01-01', '', 'T'],
    ['2020-1-01T00:00:00Z', '1-01T00:00:00Z', '01'],
    ['2020-01-01T00:00:00', '', 'Z07:00'],
    ['2020-01-01T00:00:00+0200', '+0200', 'Z07:00'],
  ] as const)
    assert.equal(timeProblem(wrong), `parsing time "${wrong}" as ${layout}: cannot parse "${rest}" as "${as}"`);
  for (const [wrong, what] of [
    ['2020-13-01T00:00:00Z', 'month'],
    ['2020-01-32T00:00:00Z', 'day'],
    ['2021-02-29T00:00:00Z', 'day'],
    ['2020-01-01T25:00:00Z', 'hour'],
    ['2020-01-01T00:60:00Z', 'minute'],
    ['2020-01-01T00:00:60Z', 'second'],
  ])
    assert.equal(timeProblem(wrong as string), `parsing time "${wrong}": ${what} out of range`);
  assert.equal(timeProblem('2020-01-01T00:00:00Zx'), 'parsing time "2020-01-01T00:00:00Zx": extra text: "x"');
});
