import assert from 'node:assert/strict';
import { test } from 'node:test';
import { refusedHandshake } from './refused-handshake.ts';

const good = { 'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==', 'sec-websocket-version': '13' };
const refused = (headers: Record<string, string>, rules: 'plain' | 'with-origin' = 'plain'): string => {
  const reply = refusedHandshake({ method: 'GET', headers: { ...good, ...headers } }, rules);
  if (!reply) return 'taken';
  return `${reply.status} ${Buffer.from((reply.body as Uint8Array | undefined) ?? []).toString()}`.trim();
};

// The answers of upstream's kube-apiserver to the same handshakes.
test("a handshake that is not one is refused in the words of upstream's library", () => {
  assert.equal(refused({}), 'taken');
  assert.equal(refused({ 'sec-websocket-key': '' }), '400 mismatch challenge/response');
  assert.equal(refused({ 'sec-websocket-version': '8' }), '400 missing or bad WebSocket Version');
  const reply = refusedHandshake({ method: 'GET', headers: { ...good, 'sec-websocket-version': '12' } }, 'plain');
  assert.equal(reply?.headers['sec-websocket-version'], '13');
  assert.equal(refusedHandshake({ method: 'POST', headers: good }, 'plain')?.status, 405);
});

test('a watch takes senders with an origin, and one protocol', () => {
  const from = (origin: string, protocols = ''): string =>
    refused({ origin, 'sec-websocket-protocol': protocols }, 'with-origin');
  assert.equal(refused({}, 'with-origin'), '403');
  for (const origin of ['null', '::bad', 'example.com']) assert.equal(from(origin), '403');
  assert.equal(from('https://example.com'), 'taken');
  assert.equal(from('https://example.com', 'anything'), 'taken');
  assert.equal(from('https://example.com', 'base64.binary.k8s.io, binary.k8s.io'), '400');
  assert.equal(from('https://example.com', 'base64url.bearer.authorization.k8s.io.eA, binary.k8s.io'), 'taken');
});
