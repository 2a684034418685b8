import assert from 'node:assert/strict';
import { test } from 'node:test';
import { proxyAddress, proxyFor } from './proxy.ts';

const environment = { HTTPS_PROXY: 'http://proxy:3128', http_proxy: 'plain:80' };
const through = (server: string, more: Record<string, string> = {}): string | undefined =>
  proxyFor(new URL(server), { ...environment, ...more })?.host;

test('a server is reached by the proxy for its scheme, this machine directly', () => {
  assert.equal(through('https://api.example.com:6443'), 'proxy:3128');
  assert.equal(through('http://api.example.com'), 'plain');
  for (const server of ['https://localhost:6443', 'https://127.0.0.1:6443', 'https://127.8.0.1', 'https://[::1]:6443'])
    assert.equal(through(server), undefined, server);
  assert.equal(proxyFor(new URL('https://api.example.com'), {}), undefined);
});

const excepted: readonly (readonly [list: string, server: string, is: boolean])[] = [
  ['*', 'https://a.example.com', true],
  ['example.com', 'https://example.com', true],
  ['example.com', 'https://a.example.com', true],
  ['example.com', 'https://notexample.com', false],
  ['.example.com', 'https://a.example.com', true],
  ['.example.com', 'https://example.com', false],
  ['x, a.example.com:6443', 'https://a.example.com:6443', true],
  ['a.example.com:6443', 'https://a.example.com', false],
  ['192.0.2.7', 'https://192.0.2.7:6443', true],
  ['192.0.2.0/24', 'https://192.0.2.7:6443', true],
  ['192.0.2.0/24', 'https://192.0.3.7:6443', false],
  ['192.0.2.0/24', 'https://a.example.com', false],
];

for (const [list, server, is] of excepted)
  test(`NO_PROXY=${list} ${is ? 'excepts' : 'does not except'} ${server}`, () =>
    assert.equal(through(server, { NO_PROXY: list }) === undefined, is));

test('supports only HTTP and SOCKS proxies', () => {
  assert.equal(proxyAddress('proxy:3128').protocol, 'http:');
  assert.equal(proxyAddress('socks5://user:word@proxy:1080').port, '1080');
  assert.throws(() => proxyAddress('ftp://proxy'), /unsupported scheme "ftp", must be http, https, or socks5/);
});
