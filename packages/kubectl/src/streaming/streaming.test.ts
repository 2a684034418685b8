import assert from 'node:assert/strict';
import { test } from 'node:test';
import { exitCodeOf } from './remote-command.ts';
import { decodeFrame, encodeFrame } from './web-socket.ts';

test('frames of every length come back as they were', () => {
  for (const length of [0, 1, 125, 126, 65_535, 65_536]) {
    const payload = Buffer.alloc(length, 7);
    const bytes = encodeFrame(2, payload);
    const frame = decodeFrame(bytes);
    assert.deepEqual(frame, { final: true, code: 2, payload, size: bytes.length });
    assert.equal(decodeFrame(bytes.subarray(0, bytes.length - 1)), undefined);
  }
});

test('the error channel says how a command ended', () => {
  assert.equal(exitCodeOf('{"status":"Success"}'), 0);
  const failed = {
    status: 'Failure',
    reason: 'NonZeroExitCode',
    details: { causes: [{ reason: 'ExitCode', message: '42' }] },
  };
  assert.equal(exitCodeOf(JSON.stringify(failed)), 42);
  assert.throws(() => exitCodeOf('{"status":"Failure","message":"no such file"}'), { message: 'no such file' });
});
