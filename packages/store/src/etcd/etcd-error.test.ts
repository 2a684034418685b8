import assert from 'node:assert/strict';
import { test } from 'node:test';
import { status } from '@grpc/grpc-js';
import { etcdErrorOf } from './etcd-error.ts';

const errorOf = (code: number, details: string) => etcdErrorOf({ code, details }, '127.0.0.1:2379');

test('what etcd says of itself is told as it is', () => {
  const full = errorOf(status.RESOURCE_EXHAUSTED, 'etcdserver: mvcc: database space exceeded');
  assert.deepEqual([full.name, full.message], ['StoreError', 'etcdserver: mvcc: database space exceeded']);
  assert.equal(errorOf(status.UNAVAILABLE, 'etcdserver: no leader').message, 'etcdserver: no leader');
});

test('calls that fail on the way are told in the words of etcd’s client', () => {
  const refused = errorOf(
    status.UNAVAILABLE,
    'No connection established. Last error: Error: connect ECONNREFUSED 127.0.0.1:2379. Resolution note: ',
  );
  assert.equal(
    refused.message,
    'rpc error: code = Unavailable desc = connection error: desc = "transport: Error while dialing: dial tcp 127.0.0.1:2379: connect: connection refused"',
  );
  assert.equal(refused.neverSent, true);
  const cut = errorOf(status.UNAVAILABLE, 'read ECONNRESET');
  assert.equal(cut.message, 'rpc error: code = Unavailable desc = error reading from server: EOF');
  assert.equal(cut.neverSent, false);
  const late = errorOf(status.DEADLINE_EXCEEDED, 'Deadline exceeded after 15.003s,remote_addr=127.0.0.1:2379');
  assert.equal(late.message, 'context deadline exceeded');
  const large = errorOf(status.RESOURCE_EXHAUSTED, 'grpc: received message larger than max (2500516 vs. 2097152)');
  assert.equal(
    large.message,
    'rpc error: code = ResourceExhausted desc = trying to send message larger than max (2500516 vs. 2097152)',
  );
});
