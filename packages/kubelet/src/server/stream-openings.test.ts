import assert from 'node:assert/strict';
import { test } from 'node:test';
import { controlKind, encodeControl, encodeData, encodeSynStream } from '@typernetes/client/spdy';
import { StreamOpenings } from './stream-openings.ts';

const switched = Buffer.from('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\n\r\n');
const goAway = encodeControl(controlKind.goAway, Buffer.alloc(8));

function open(stream: number): Buffer {
  return encodeSynStream(stream, { streamtype: 'stdout' }, { first: stream === 1 });
}

function answer(stream: number, kind = 2): Buffer {
  const payload = Buffer.alloc(8);
  payload.writeUInt32BE(stream, 0);
  return encodeControl(kind, payload);
}

test('the end is due when every stream that was opened has been answered or reset', () => {
  const openings = new StreamOpenings();
  assert.equal(openings.due, true);
  openings.sent(Buffer.concat([open(1), open(3), encodeData(1, Buffer.alloc(100_000, 0x80))]));
  openings.answered(Buffer.concat([switched, answer(1), encodeData(1, switched)]));
  assert.equal(openings.due, false);
  openings.answered(encodeControl(controlKind.ping, Buffer.from([0, 0, 0, 3])));
  assert.equal(openings.due, false);
  openings.answered(answer(3, controlKind.reset));
  assert.equal(openings.due, true);
});

test('frames are found however they are divided', () => {
  const forth = Buffer.concat([encodeData(5, Buffer.alloc(3)), open(1), encodeControl(4, Buffer.alloc(0)), open(3)]);
  const back = Buffer.concat([switched, encodeData(1, Buffer.alloc(0)), answer(1), answer(3)]);
  for (let size = 1; size < 30; size++) {
    const openings = new StreamOpenings();
    for (let at = 0; at < forth.length; at += size) {
      const chunk = forth.subarray(at, at + size);
      assert.equal(openings.sent(chunk), chunk.length);
    }
    for (let at = 0; at < back.length; at += size) {
      // The last answer says whose it is four bytes before its end.
      assert.equal(openings.due, at >= back.length - 4);
      openings.answered(back.subarray(at, at + size));
    }
    assert.equal(openings.due, true);
  }
});

test('a goaway frame waits for answers, as the end does', () => {
  const openings = new StreamOpenings();
  const first = Buffer.concat([open(1), goAway]);
  assert.equal(openings.sent(first), first.length - goAway.length);
  const divided = new StreamOpenings();
  const start = Buffer.concat([open(1), goAway.subarray(0, 5)]);
  assert.equal(divided.sent(start), start.length);
  assert.equal(divided.sent(goAway.subarray(5)), 0);
  const answered = new StreamOpenings();
  answered.sent(open(1));
  answered.answered(Buffer.concat([switched, answer(1)]));
  assert.equal(answered.sent(goAway), goAway.length);
});
