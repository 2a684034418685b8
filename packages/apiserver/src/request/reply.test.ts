import assert from 'node:assert/strict';
import { test } from 'node:test';
import { StoreError } from '@typernetes/store';
import { statusErrorOf } from './reply.ts';

test('what the storage says of its failure is the message, without a reason', () => {
  const { reason, code, message, metadata, status } = statusErrorOf(
    new StoreError('etcdserver: mvcc: database space exceeded'),
  ).toStatus();
  assert.deepEqual(
    { reason, code, message, metadata, status },
    {
      reason: undefined,
      code: 500,
      message: 'etcdserver: mvcc: database space exceeded',
      metadata: {},
      status: 'Failure',
    },
  );
});

test('anything else that is thrown is an internal error', () => {
  const { reason, message } = statusErrorOf(new TypeError('x is not a function')).toStatus();
  assert.deepEqual([reason, message], ['InternalError', 'Internal error occurred: x is not a function']);
});
