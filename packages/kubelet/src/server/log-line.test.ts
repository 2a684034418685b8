import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseLogLine, shownLine } from './log-line.ts';

const line = (text: string) => parseLogLine(Buffer.from(text));
const all = { follow: false, timestamps: false };

test('a full line ends with a line break, a part does not', () => {
  const full = line('2026-11-23T18:00:00.5Z stdout F hello world');
  const part = line('2026-11-23T18:00:00.5Z stderr P hel');
  assert.equal(full && shownLine(full, all, false)?.toString(), 'hello world\n');
  assert.equal(part && shownLine(part, all, false)?.toString(), 'hel');
});

test('prints a timestamp at the start of a line only, not within', () => {
  const full = line('2026-11-23T18:00:00.5Z stdout F x');
  assert.ok(full);
  const options = { ...all, timestamps: true };
  assert.equal(shownLine(full, options, false)?.toString(), '2026-11-23T18:00:00.5Z x\n');
  assert.equal(shownLine(full, options, true)?.toString(), 'x\n');
});

test('an empty line is a line', () => {
  const empty = line('2026-11-23T18:00:00.5Z stdout F ');
  assert.equal(empty && shownLine(empty, all, false)?.toString(), '\n');
});

test('omits older lines and other streams', () => {
  const old = line('2026-11-23T18:00:00Z stdout F x');
  assert.ok(old);
  assert.equal(shownLine(old, { ...all, since: Date.parse('2026-11-23T18:00:01Z') }, false), undefined);
  assert.equal(shownLine(old, { ...all, stream: 'stderr' }, false), undefined);
});

test('rejects anything else', () => {
  for (const text of ['', 'x', 'a b c', '2026 other F x']) assert.equal(line(text), undefined);
});
