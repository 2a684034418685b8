import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CommandError, run, runOn, startDetached } from './command.ts';

test('a command that hangs is killed and named, even if its children continue', async () => {
  const line = ['sh', '-c', 'sleep 30 & wait'];
  const says = {
    name: 'CommandError',
    message: /Cannot run "sh -c sleep 30 & wait": it did not end within 0.1 s and was killed/,
  };
  await assert.rejects(run(line, { limitMs: 100 }), says);
  await assert.rejects(runOn(['sleep', '30'], 'ignore', { limitMs: 100 }), CommandError);
});

test('a command that ends in time is judged by its exit code', async () => {
  assert.equal(await run(['cat'], { input: 'in', limitMs: 60_000 }), 'in');
  await assert.rejects(run(['sh', '-c', 'echo no >&2; exit 3']), { message: 'Cannot run "sh": no', exitCode: 3 });
  assert.equal(await runOn(['sh', '-c', 'exit 4'], 'ignore', { limitMs: 60_000 }), 4);
});

test('a missing program is an error of the caller', async () => {
  await assert.rejects(startDetached(['typernetes-has-no-such-program'], 'ignore'), { code: 'ENOENT' });
  await assert.rejects(run(['typernetes-has-no-such-program']), { code: 'ENOENT' });
});
