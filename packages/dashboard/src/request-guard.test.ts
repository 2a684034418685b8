import assert from 'node:assert/strict';
import { test } from 'node:test';
import { admitted, askedProtocols } from './request-guard.ts';
import { cookieName, isToken, keptCookie, proofOf, tokenOf } from './session-cookie.ts';

const cookie = `theme=dark; ${cookieName}=abc.def-g`;
const proof = proofOf('abc.def-g');

test('finds the token among cookies, and rejects invalid ones', () => {
  assert.equal(tokenOf(cookie), 'abc.def-g');
  assert.equal(tokenOf(keptCookie('x~y/z+==')), 'x~y/z+==');
  for (const none of ['', 'a', 'a=b', `${cookieName}=`, `${cookieName}=a b`, `x${cookieName}=abc`])
    assert.equal(tokenOf(none), undefined, none);
  for (const wrong of ['', 'a\r\nb', 'a;b', 'a b', 'ä']) assert.equal(isToken(wrong), false, wrong);
});

test('the cookie is out of reach of scripts, other sites and unencrypted connections', () => {
  assert.match(keptCookie('t'), /; HttpOnly; Secure; SameSite=Strict$/);
});

const requests: readonly (readonly [what: string, headers: Record<string, string>, wanted: number | 'in'])[] = [
  ['cookie and proof', { cookie, 'x-dashboard-proof': proof }, 'in'],
  ['the same, from this page', { cookie, 'x-dashboard-proof': proof, 'sec-fetch-site': 'same-origin' }, 'in'],
  ['a WebSocket', { cookie, 'sec-websocket-protocol': `v5.channel.k8s.io, dashboard-proof.${proof}` }, 'in'],
  ['no cookie', { 'x-dashboard-proof': proof }, 401],
  ['no proof: a page of another port', { cookie }, 403],
  ['the proof of another session', { cookie, 'x-dashboard-proof': proofOf('other') }, 403],
  ['another site', { cookie, 'x-dashboard-proof': proof, 'sec-fetch-site': 'cross-site' }, 403],
  ['another port, as browsers tell', { cookie, 'x-dashboard-proof': proof, 'sec-fetch-site': 'same-site' }, 403],
];

for (const [what, headers, wanted] of requests)
  test(`${what}: ${wanted === 'in' ? 'let in' : `refused with ${wanted}`}`, () => {
    const answer = admitted(headers);
    assert.equal('status' in answer ? answer.status : answer.token, wanted === 'in' ? 'abc.def-g' : wanted);
  });

test('handles our own subprotocols, which select the format of a watch', () => {
  const asked = askedProtocols({ 'sec-websocket-protocol': `dashboard-table, dashboard-proof.${proof}` });
  assert.deepEqual(asked.passed, []);
  assert.equal(asked.form?.protocol, 'dashboard-table');
  assert.match(asked.form?.accept ?? '', /as=Table/);
  assert.deepEqual(askedProtocols({ 'sec-websocket-protocol': `v5.channel.k8s.io,dashboard-proof.x` }), {
    passed: ['v5.channel.k8s.io'],
  });
});
