import assert from 'node:assert/strict';
import { test } from 'node:test';
import { dialText } from './backend.ts';

test("reports connection errors in upstream's words", () => {
  const failures: [host: string, code: string, text: string][] = [
    ['10.0.0.1', 'ECONNREFUSED', 'dial tcp 10.0.0.1:10250: connect: connection refused'],
    ['fd00::1', 'EHOSTUNREACH', 'dial tcp [fd00::1]:10250: connect: no route to host'],
    ['node-1', 'ENOTFOUND', 'dial tcp: lookup node-1: no such host'],
    ['10.0.0.1', 'ETIMEDOUT', 'dial tcp 10.0.0.1:10250: i/o timeout'],
    ['10.0.0.1', 'ECONNRESET', 'EOF'],
    ['10.0.0.1', 'ESTRANGE', 'strange'],
  ];
  for (const [host, code, text] of failures) {
    const error = Object.assign(new Error('strange'), { code });
    assert.equal(dialText({ host, port: 10250, path: '/' }, error), text);
  }
});
