import assert from 'node:assert/strict';
import { Socket } from 'node:net';
import { test } from 'node:test';
import { FakeClock } from '@typernetes/base/testing';
import { dialText } from './backend.ts';
import { limitDial } from './dial-limit.ts';

const connecting = (): Socket => Object.assign(new Socket(), { connecting: true });

test('a backend that does not answer is given up after half a minute', async () => {
  const clock = new FakeClock();
  const socket = connecting();
  const failed = new Promise<Error>((resolve) => socket.once('error', resolve));
  limitDial(socket, clock);
  await clock.advance(29_999);
  assert.equal(socket.destroyed, false);
  await clock.advance(1);
  const text = dialText({ host: '10.0.0.1', port: 10250, path: '/' }, await failed);
  assert.equal(text, 'dial tcp 10.0.0.1:10250: i/o timeout');
});

test('a connection lasts as long as it takes', async () => {
  const clock = new FakeClock();
  const socket = connecting();
  limitDial(socket, clock);
  socket.emit('connect');
  await clock.advance(120_000);
  assert.equal(socket.destroyed, false);
  assert.equal(clock.pending, 0);
  socket.destroy();
});
