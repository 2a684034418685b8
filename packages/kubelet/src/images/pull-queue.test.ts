import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FakeClock } from '@typernetes/base/testing';
import { PullQueue } from './pull-queue.ts';

/** A queue whose pulls end when the test decides. */
function queue(parallel: number) {
  const begun: string[] = [];
  const ends = new Map<string, PromiseWithResolvers<void>>();
  const pulls = new PullQueue(new FakeClock(), parallel);
  const pull = (name: string, signal = new AbortController().signal): Promise<number> =>
    pulls.pull(
      name,
      (stop) => {
        begun.push(name);
        const end = Promise.withResolvers<void>();
        ends.set(name, end);
        stop.addEventListener('abort', () => end.reject(stop.reason), { once: true });
        return end.promise;
      },
      signal,
    );
  return { begun, pull, end: (name: string) => ends.get(name)?.resolve() };
}

test('pulls one image at a time, in order, and once for all who want the same image', async () => {
  const { begun, pull, end } = queue(1);
  const first = pull('a');
  const again = pull('a');
  const second = pull('b');
  assert.deepEqual(begun, ['a']);
  end('a');
  await Promise.all([first, again]);
  assert.deepEqual(begun, ['a', 'b']);
  end('b');
  await second;
});

test('several at a time', () => {
  const { begun, pull } = queue(2);
  for (const name of ['a', 'b', 'c']) pull(name).catch(() => {});
  assert.deepEqual(begun, ['a', 'b']);
});

test('a pull continues for those who still wait, and is cancelled when nobody does', async () => {
  const { begun, pull, end } = queue(1);
  const [one, two] = [new AbortController(), new AbortController()];
  const first = pull('a', one.signal);
  const second = pull('a', two.signal);
  one.abort();
  await assert.rejects(first);
  const third = pull('b');
  end('a');
  await second;
  await Promise.resolve();
  assert.deepEqual(begun, ['a', 'b']);
  end('b');
  await third;
  const last = new AbortController();
  const dropped = pull('c', last.signal);
  last.abort();
  await assert.rejects(dropped);
  const next = pull('d');
  await new Promise((resolve) => setImmediate(resolve));
  assert.deepEqual(begun, ['a', 'b', 'c', 'd']);
  end('d');
  await next;
});
