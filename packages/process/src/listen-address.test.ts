import assert from 'node:assert/strict';
import { test } from 'node:test';
import { listenAddress, peerAddress } from './listen-address.ts';

test('the address for all interfaces means both families; any other stays', () => {
  assert.match(listenAddress('0.0.0.0'), /^(::|0\.0\.0\.0)$/);
  for (const address of ['127.0.0.1', '::', '::1', '172.30.0.2']) assert.equal(listenAddress(address), address);
});

test('a client of IPv4 has its own address', () => {
  assert.equal(peerAddress('::ffff:10.0.0.7'), '10.0.0.7');
  assert.equal(peerAddress('fd00::7'), 'fd00::7');
  assert.equal(peerAddress('10.0.0.7'), '10.0.0.7');
  assert.equal(peerAddress(undefined), '');
});
