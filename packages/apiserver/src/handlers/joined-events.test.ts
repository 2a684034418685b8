import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Sink } from '../request/server-request.ts';
import { JoinedEvents } from './joined-events.ts';

function written(isOfMessages: boolean): { sink: Sink; writes: string[] } {
  const writes: string[] = [];
  const sink: Sink = {
    write: (chunk) => {
      writes.push(Buffer.from(chunk).toString());
      return true;
    },
    drained: async () => {},
    buffered: 0,
    signal: new AbortController().signal,
    isOfMessages,
  };
  return { sink, writes };
}

test('events become few writes, but one each where a write is a message', () => {
  const pieces = (name: string, size: number): Uint8Array[] => [Buffer.from(name), Buffer.alloc(size, '.')];
  const joined = written(false);
  const events = new JoinedEvents(joined.sink);
  for (const name of ['a', 'b', 'c', 'd']) events.add(...pieces(name, 60 * 1024));
  assert.equal(joined.writes.length, 1);
  events.flush();
  events.flush();
  assert.equal(joined.writes.length, 2);
  assert.equal(joined.writes.join('').replaceAll('.', ''), 'abcd');

  const single = written(true);
  const messages = new JoinedEvents(single.sink);
  for (const name of ['a', 'b']) messages.add(...pieces(name, 2));
  messages.flush();
  assert.deepEqual(single.writes, ['a..', 'b..']);
});
