import assert from 'node:assert/strict';
import { test } from 'node:test';
import { HeadMemory, isRefusal, parseHead, type RequestHead } from './request-head.ts';

const lines = (...text: string[]): string => text.join('\r\n');
const get = 'GET /a HTTP/1.1';
const host = 'Host: x';

function understood(text: string): RequestHead {
  const head = parseHead(text);
  assert.ok(!isRefusal(head), `${JSON.stringify(text)}: ${JSON.stringify(head)}`);
  return head;
}

test('parses heads', () => {
  const cases: [string, Partial<RequestHead>][] = [
    [
      lines(get, host),
      { method: 'GET', target: '/a', minorVersion: 1, bodyLength: 0, keepsAlive: true, upgrades: false },
    ],
    ['GET / HTTP/1.0', { minorVersion: 0, keepsAlive: false }],
    [lines('GET / HTTP/1.0', 'Connection: Keep-Alive'), { keepsAlive: true }],
    [lines(get, host, 'Connection: foo, Close'), { keepsAlive: false }],
    [lines('OPTIONS * HTTP/1.1', 'host:'), { target: '*' }],
    [lines('GET http://x/a?b=c HTTP/1.1', host), { target: 'http://x/a?b=c' }],
    [lines('PUT /a HTTP/1.1', host, 'Content-Length: 12'), { bodyLength: 12 }],
    [lines('PUT /a HTTP/1.1', host, 'Transfer-Encoding:\tChunked '), { bodyLength: 'chunked' }],
    [lines('PUT /a HTTP/1.1', host, 'Expect: 100-Continue', 'Content-Length: 1'), { awaitsContinue: true }],
    [lines(get, host, 'Expect: 100-continue'), { awaitsContinue: false }],
    [lines('PUT /a HTTP/1.0', 'Expect: whatever', 'Content-Length: 1'), { awaitsContinue: false }],
    [lines(get, host, 'Connection: keep-alive, Upgrade', 'Upgrade: SPDY/3.1'), { upgrades: true }],
    [lines(get, host, 'Upgrade: websocket'), { upgrades: false }],
    [
      lines('POST /a HTTP/1.1', host, 'Connection: Upgrade', 'Upgrade: SPDY/3.1', 'Content-Length: 0'),
      { upgrades: true },
    ],
    [lines('POST /a HTTP/1.1', host, 'Connection: Upgrade', 'Upgrade: x', 'Content-Length: 3'), { upgrades: false }],
  ];
  for (const [text, expected] of cases) {
    const head = understood(text);
    for (const [name, value] of Object.entries(expected))
      assert.deepEqual(head[name as keyof RequestHead], value, `${name} of ${JSON.stringify(text)}`);
  }
});

test('headers: lower case, repeated ones joined, values trimmed and in UTF-8', () => {
  const { headers } = understood(
    lines(
      get,
      host,
      'X-Stream-Protocol-Version: v4.channel.k8s.io',
      'x-stream-protocol-version: v3.channel.k8s.io',
      'Cookie: a=b',
      'Cookie: c=d',
      'AUTHORIZATION: Bearer one',
      'Authorization: Bearer two',
      'Empty:',
      'Impersonate-Group: cn=a,dc=example',
      'impersonate-group: b',
      `Impersonate-User: \t ${Buffer.from('jürgen').toString('latin1')}  `,
      '__proto__: x',
    ),
  );
  assert.deepEqual(
    { ...headers },
    {
      host: 'x',
      'x-stream-protocol-version': 'v4.channel.k8s.io, v3.channel.k8s.io',
      cookie: 'a=b; c=d',
      authorization: 'Bearer one',
      empty: '',
      'impersonate-group': 'cn=a,dc=example\nb',
      'impersonate-user': 'jürgen',
      ['__proto__']: 'x',
    },
  );
  assert.equal(headers.constructor, undefined);
});

test('refuses invalid heads', () => {
  const put = 'PUT /a HTTP/1.1';
  const cases: [status: number, text: string][] = [
    [400, ''],
    [400, 'GET'],
    [400, 'GET /a'],
    [400, lines('GET  HTTP/1.1', host)],
    [400, lines('GET /a b HTTP/1.1', host)],
    [400, lines(' GET /a HTTP/1.1', host)],
    [400, lines('G@T /a HTTP/1.1', host)],
    [400, lines('GET /a\tb HTTP/1.1', host)],
    [400, lines('GET /a http/1.1', host)],
    [400, lines('GET /a HTTP/1.1 ', host)],
    [400, lines('GET /a HTTP/11', host)],
    [505, lines('GET /a HTTP/2.0', host)],
    [505, lines('PRI * HTTP/2.0')],
    [400, `GET /a HTTP/1.1\nHost: x`],
    [400, get],
    [400, lines(get, 'Host: a', 'Host: a')],
    [400, lines(get, 'Host: a b')],
    [400, lines(get, 'Host: a/b')],
    [400, lines(get, host, 'Name : value')],
    [400, lines(get, host, ': value')],
    [400, lines(get, host, 'no colon')],
    [400, lines(get, host, 'A: b', ' folded')],
    [400, lines(get, host, '\tfolded: b')],
    [400, lines(get, ' Host: x')],
    [400, lines(get, host, 'A: b\nC: d')],
    [400, lines(get, host, 'A: b\rC: d')],
    [400, lines(get, host, 'A: b\0')],
    [400, lines(get, host, 'Ä: b')],
    [400, lines(put, host, 'Content-Length: 1', 'Content-Length: 1')],
    [400, lines(put, host, 'Content-Length: 1', 'Content-Length: 2')],
    [400, lines(put, host, 'Content-Length: 1, 1')],
    [400, lines(put, host, 'Content-Length: +1')],
    [400, lines(put, host, 'Content-Length: -1')],
    [400, lines(put, host, 'Content-Length: 0x1')],
    [400, lines(put, host, 'Content-Length:')],
    [400, lines(put, host, 'Content-Length: 99999999999999999')],
    [400, lines(put, host, 'Content-Length: 1', 'Transfer-Encoding: chunked')],
    [400, lines(put, host, 'Transfer-Encoding: chunked', 'Transfer-Encoding: chunked')],
    [400, lines('PUT /a HTTP/1.0', 'Transfer-Encoding: chunked')],
    [501, lines(put, host, 'Transfer-Encoding: gzip, chunked')],
    [501, lines(put, host, 'Transfer-Encoding: identity')],
    [501, lines(put, host, 'Transfer-Encoding: chunked, identity')],
    [501, lines(put, host, 'Transfer-Encoding: "chunked"')],
    [501, lines(put, host, 'Transfer-Encoding:')],
    [417, lines(put, host, 'Expect: something', 'Content-Length: 1')],
  ];
  for (const [status, text] of cases) {
    const head = parseHead(text);
    assert.equal(isRefusal(head) ? head.refused : head, status, JSON.stringify(text));
  }
});

test('repeated header lines are parsed from memory, and others by themselves', () => {
  const memory = new HeadMemory();
  const put = 'PUT /b HTTP/1.1';
  const heads = [
    lines(get, host, 'A: b'),
    lines('GET /c?d HTTP/1.1', host, 'A: b'),
    lines('GET /c HTTP/1.0', host, 'A: b'),
    lines(put, host, 'Content-Length: 1'),
    lines(put, host, 'Content-Length: 2'),
    lines(put, host, 'Content-Length: x'),
    lines(put, host, 'Content-Length: x'),
    lines(put, host, 'Content-Length: 2'),
    lines(get, host, 'Connection: close'),
    lines(get, host),
    'GET / HTTP/1.0',
    get,
  ];
  for (const text of heads) assert.deepEqual(parseHead(text, memory), parseHead(text), JSON.stringify(text));
});
