import assert from 'node:assert/strict';
import { test } from 'node:test';
import { gunzipSync } from 'node:zlib';
import { bytesReply } from '../request/reply.ts';
import { compressed } from './compression.ts';

const large = bytesReply(200, Buffer.alloc(200_000, 'x'));

test('compresses large responses for clients that accept gzip', async () => {
  for (const accepted of ['gzip', 'deflate, gzip', 'gzip;q=0.5, br', 'br , gzip']) {
    const reply = await compressed(large, accepted);
    assert.equal(reply.headers['content-encoding'], 'gzip', accepted);
    assert.equal(reply.headers['content-length'], `${(reply.body as Uint8Array).length}`);
    assert.deepEqual(gunzipSync(reply.body as Uint8Array), large.body);
  }
});

test('leaves others as they are', async () => {
  for (const refused of [undefined, '', 'br', 'gzip;q=0', 'notgzip'])
    assert.equal(await compressed(large, refused), large);
  const small = bytesReply(200, Buffer.alloc(1000));
  assert.equal(await compressed(small, 'gzip'), small);
});
