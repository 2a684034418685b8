import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ApiRequest } from '../transport.ts';
import { requestHead } from './request-head.ts';

test('writes line, headers, host and the length of the body in bytes', () => {
  assert.equal(
    requestHead({ method: 'POST', path: '/a?b=c', headers: { accept: 'x', 'x-y': '' }, body: 'ä' }, 'h:1'),
    'POST /a?b=c HTTP/1.1\r\naccept: x\r\nx-y: \r\nhost: h:1\r\ncontent-length: 2\r\n\r\n',
  );
});

test('a request without a body has a length where one is usual', () => {
  for (const [method, says] of [
    ['POST', true],
    ['PUT', true],
    ['PATCH', true],
    ['GET', false],
    ['DELETE', false],
  ] as const)
    assert.equal(requestHead({ method, path: '/' }, 'h').includes('content-length: 0\r\n'), says, method);
});

test('keeps a given Host header', () => {
  const head = requestHead({ method: 'GET', path: '/', headers: { Host: 'other' } }, 'h');
  assert.equal(head, 'GET / HTTP/1.1\r\nHost: other\r\n\r\n');
});

test('rejects values that would be read as another line or request', () => {
  const bad: readonly ApiRequest[] = [
    { method: 'GET /\r\n', path: '/' },
    { method: 'GET', path: '/ HTTP/1.1\r\nx: y' },
    { method: 'GET', path: '/\u{1f600}' },
    { method: 'GET', path: '/', headers: { 'a\r\nb': 'c' } },
    { method: 'GET', path: '/', headers: { 'a b': 'c' } },
    { method: 'GET', path: '/', headers: { a: 'b\r\nc: d' } },
    { method: 'GET', path: '/', headers: { a: 'b\0' } },
    { method: 'GET', path: '/', headers: { a: '\u4e2d' } },
  ];
  for (const request of bad) assert.throws(() => requestHead(request, 'h'), TypeError, JSON.stringify(request));
});
