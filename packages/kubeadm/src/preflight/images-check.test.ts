import assert from 'node:assert/strict';
import { test } from 'node:test';
import { pullImage } from './images-check.ts';

test('an interrupted command does not wait for a pull that never ends, and does not try again', async () => {
  const stop = new AbortController();
  let pulls = 0;
  const pulling = pullImage(
    {
      pull: () => {
        pulls++;
        return new Promise(() => {});
      },
    },
    { image: 'x', signal: stop.signal },
  );
  stop.abort(new Error('interrupted'));
  await assert.rejects(pulling, { message: 'interrupted' });
  assert.equal(pulls, 1);
});

test('a pull that fails is tried five times', async () => {
  let pulls = 0;
  const pull = async (): Promise<void> => {
    pulls++;
    throw new Error(`attempt ${pulls}`);
  };
  await assert.rejects(pullImage({ pull }, { image: 'x', signal: new AbortController().signal }), {
    message: 'attempt 5',
  });
});
