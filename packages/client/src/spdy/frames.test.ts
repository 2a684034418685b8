import assert from 'node:assert/strict';
import { test } from 'node:test';
import { constants, inflateSync } from 'node:zlib';
import { controlKind, decodeSpdyFrame, encodeControl, encodeData, encodeSynStream } from './frames.ts';

test('data comes back as it was, with the mark of the last', () => {
  for (const final of [false, true]) {
    const payload = Buffer.from('hello');
    const bytes = encodeData(5, payload, { final });
    assert.deepEqual(decodeSpdyFrame(bytes), {
      frame: { type: 'data', stream: 5, final, payload },
      size: bytes.length,
    });
    assert.equal(decodeSpdyFrame(bytes.subarray(0, -1)), undefined);
  }
});

test('control frames tell their kind', () => {
  const payload = Buffer.from([0, 0, 0, 2]);
  const bytes = Buffer.concat([encodeControl(controlKind.ping, payload), Buffer.from('more')]);
  assert.deepEqual(decodeSpdyFrame(bytes), { frame: { type: 'control', kind: controlKind.ping, payload }, size: 12 });
});

test('the header blocks of all streams are one zlib stream', () => {
  const blocks = ['error', 'stdin'].map((streamtype, i) => {
    const bytes = encodeSynStream(2 * i + 1, { StreamType: streamtype }, { first: i === 0 });
    const frame = decodeSpdyFrame(bytes)?.frame ?? assert.fail();
    assert.equal(Buffer.from(frame.payload).readUInt32BE(0), 2 * i + 1);
    return frame.payload.subarray(10);
  });
  const text = inflateSync(Buffer.concat(blocks), { finishFlush: constants.Z_SYNC_FLUSH }).toString('latin1');
  const block = (type: string): string => `\0\0\0\x01\0\0\0\nstreamtype\0\0\0\x05${type}`;
  assert.equal(text, block('error') + block('stdin'));
});
