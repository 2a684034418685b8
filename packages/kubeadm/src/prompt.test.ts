import assert from 'node:assert/strict';
import { Readable } from 'node:stream';
import { test } from 'node:test';
import { readAnswer } from './prompt.ts';

const { signal } = new AbortController();

test('an answer is one line; an input without any answers nothing', async () => {
  assert.equal(await readAnswer(Readable.from(['yes\nno\n']), signal), 'yes');
  assert.equal(await readAnswer(Readable.from(['y']), signal), 'y');
  assert.equal(await readAnswer(Readable.from([]), signal), '');
});

test('an interrupt ends the wait', async () => {
  const stop = new AbortController();
  const never = new Readable({ read() {} });
  const answer = readAnswer(never, stop.signal);
  stop.abort();
  await assert.rejects(answer, { name: 'AbortError' });
});
