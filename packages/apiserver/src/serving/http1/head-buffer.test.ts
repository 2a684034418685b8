import assert from 'node:assert/strict';
import { test } from 'node:test';
import { HeadBuffer, mostHeadBytes } from './head-buffer.ts';

const bytes = (text: string): Buffer => Buffer.from(text, 'latin1');

test('a head in two pieces, cut at every byte, leaves the rest intact', () => {
  const sent = '\r\n\r\nGET / HTTP/1.1\r\nHost: x\r\n\r\nbody';
  for (let cut = 0; cut <= sent.length; cut++) {
    const buffer = new HeadBuffer();
    buffer.add(bytes(sent.slice(0, cut)));
    const early = buffer.takeHead();
    buffer.add(bytes(sent.slice(cut)));
    assert.equal(early ?? buffer.takeHead(), 'GET / HTTP/1.1\r\nHost: x', `at ${cut}`);
    assert.equal(buffer.takeRest().toString(), 'body');
    assert.equal(buffer.length, 0);
  }
});

test('byte by byte, several heads one after the other', () => {
  const buffer = new HeadBuffer();
  const heads: unknown[] = [];
  for (const one of 'A\r\n\r\nBC\r\nD\r\n\r\n\r\nE\r\n\r\n') {
    buffer.add(bytes(one));
    const head = buffer.takeHead();
    if (head !== undefined) heads.push(head);
  }
  assert.deepEqual(heads, ['A', 'BC\r\nD', 'E']);
});

test('refuses heads over the limit, terminated or not; accepts a megabyte in small pieces', () => {
  const endless = new HeadBuffer();
  let added = 0;
  while (endless.takeHead() === undefined) {
    endless.add(bytes('x'.repeat(1000)));
    added += 1000;
  }
  assert.equal(endless.takeHead(), 'too large');
  assert.ok(added > mostHeadBytes && added <= mostHeadBytes + 1000);

  const long = new HeadBuffer();
  long.add(bytes(`${'x'.repeat(mostHeadBytes + 1)}\r\n\r\n`));
  assert.equal(long.takeHead(), 'too large');

  const slow = new HeadBuffer();
  for (let i = 0; i < 1024 * 1024; i += 64) {
    slow.add(bytes('x'.repeat(64)));
    assert.equal(slow.takeHead(), undefined);
  }
  slow.add(bytes('\r\n\r\n'));
  assert.equal(slow.takeHead()?.length, 1024 * 1024);
});
