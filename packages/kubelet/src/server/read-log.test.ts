import assert from 'node:assert/strict';
import { appendFile, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { systemClock } from '@typernetes/base';
import { FakeClock } from '@typernetes/base/testing';
import { readLog } from './read-log.ts';

const line = (text: string): string => `2026-01-01T00:00:00.5Z stdout F ${text}\n`;

test('follows a log into the new file after rotation', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'read-log-'));
  const path = join(folder, '0.log');
  let running = true;
  try {
    await writeFile(path, line('one') + line('two'));
    const options = { follow: true, timestamps: false, tailLines: 1 };
    const { signal } = new AbortController();
    const seen: string[] = [];
    for await (const chunk of readLog(path, options, { running: async () => running, clock: systemClock, signal })) {
      seen.push(chunk.toString().trim());
      if (seen.length === 1) {
        // Lines written to the old file after its renaming must not be lost.
        await rename(path, `${path}.20260101-000000`);
        await appendFile(`${path}.20260101-000000`, line('three'));
        await writeFile(path, line('four'));
      }
      if (seen.at(-1) === 'four') running = false;
    }
    assert.deepEqual(seen, ['two', 'three', 'four']);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});

test('what was written between the last look and the rotation is not lost', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'read-log-'));
  t.after(() => rm(folder, { recursive: true }));
  const path = join(folder, '0.log');
  const old = `${path}.20260101-000000`;
  await writeFile(path, line('one'));
  const { signal } = new AbortController();
  const seen: string[] = [];
  const clock = new FakeClock();
  let looks = 0;
  const running = async (): Promise<boolean> => {
    looks++;
    // The runtime has made the new file, and writes to the old one for the last time.
    if (looks === 2) {
      await rename(path, old);
      await writeFile(path, '');
    }
    if (looks === 3) await appendFile(old, line('two'));
    if (looks === 4) {
      await appendFile(old, line('three'));
      await appendFile(path, line('four'));
    }
    return looks < 6;
  };
  const following = (async () => {
    for await (const chunk of readLog(path, { follow: true, timestamps: false }, { running, clock, signal }))
      seen.push(chunk.toString().trim());
  })();
  let over = false;
  void following.finally(() => {
    over = true;
  });
  while (!over) {
    await clock.advance(1000);
    await new Promise(setImmediate);
  }
  await following;
  assert.deepEqual(seen, ['one', 'two', 'three', 'four']);
});

test('without following, returns as many lines as asked for, whatever is written meanwhile', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'read-log-'));
  t.after(() => rm(folder, { recursive: true }));
  const path = join(folder, '0.log');
  await writeFile(path, line('one') + line('two') + line('three'));
  const { signal } = new AbortController();
  for (const [tailLines, expected] of [
    [2, ['two', 'three']],
    [undefined, ['one', 'two', 'three', 'late']],
  ] as const) {
    const options = { follow: false, timestamps: false, ...(tailLines === undefined ? {} : { tailLines }) };
    const seen: string[] = [];
    for await (const chunk of readLog(path, options, { running: async () => true, clock: systemClock, signal })) {
      if (seen.length === 0) await appendFile(path, line('late'));
      seen.push(chunk.toString().trim());
    }
    assert.deepEqual(seen, expected);
  }
});
