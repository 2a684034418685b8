import assert from 'node:assert/strict';
import { test } from 'node:test';
import { serverHost, serverUrl } from './server-url.ts';

test('a server is a URL, or a host without one', () => {
  for (const [server, href] of [
    ['https://127.0.0.1:6443', 'https://127.0.0.1:6443/'],
    ['https://[::1]:6443/prefix', 'https://[::1]:6443/prefix'],
    ['localhost', 'http://localhost/'],
    ['127.0.0.1:8080', 'http://127.0.0.1:8080/'],
    ['HTTPS://host', 'https://host/'],
  ] as const)
    assert.equal(serverUrl(server).href, href);
});

test("refuses an invalid server in upstream's words", () => {
  for (const server of [
    'https://',
    'https://host:abc',
    'https://[::1',
    '/path',
    'unix:///x',
    'https//x',
    'https://a b',
  ])
    assert.throws(() => serverUrl(server), { message: `host must be a URL or a host:port pair: "${server}"` });
  for (const [server, message] of [
    ['foo://bar', 'unsupported protocol scheme "foo"'],
    ['https://host:99999', 'dial tcp: address 99999: invalid port'],
    ['https://%zz', 'invalid URL escape "%zz"'],
    [' ', 'invalid character " " in host name'],
  ] as const)
    assert.throws(() => serverUrl(server), { name: 'UnreachableError', message });
});

test('messages name the host alone', () => {
  for (const [server, host] of [
    ['https://user:secret@host:1/a/b?c', 'host:1'],
    ['HTTPS://host', 'host'],
    ['host:2', 'host:2'],
    ['https://[::1]:2', '[::1]:2'],
  ] as const)
    assert.equal(serverHost(server), host);
});
