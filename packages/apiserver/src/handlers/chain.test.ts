import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FakeClock, silentLogger } from '@typernetes/base/testing';
import type { ServerRequest, Sink, StreamBody } from '../request/server-request.ts';
import { handlerChain } from './chain.ts';

const user = { username: 'jane', groups: [] };
const request = {
  method: 'GET',
  path: '/version',
  query: new URLSearchParams(),
  headers: {},
  signal: new AbortController().signal,
} as unknown as ServerRequest;

/** The log entry about a response that fails with `error` once it has begun. */
async function saidOf(error: Error, { gone = false } = {}): Promise<string[]> {
  const said: string[] = [];
  const answer = handlerChain({
    clock: new FakeClock(),
    log: { ...silentLogger, error: (message, cause) => void said.push(`${message}: ${(cause as Error).message}`) },
    authenticate: async () => user,
    impersonate: async (user) => ({ user }),
    authorizers: [{ name: 'all', authorize: () => ({ verdict: 'allow', reason: '' }) }],
    observers: [],
    route: async () => ({ status: 200, headers: {}, body: () => Promise.reject(error) }),
  });
  const { body } = await answer(request, user);
  const signal = gone ? AbortSignal.abort() : new AbortController().signal;
  await assert.rejects((body as StreamBody)({ signal } as Sink), error);
  return said;
}

test('a response that ends early is explained in the log, unless its client went away', async () => {
  assert.deepEqual(await saidOf(new Error('no such column')), ['Cannot complete answer: no such column']);
  assert.deepEqual(await saidOf(new Error('aborted'), { gone: true }), []);
  assert.deepEqual(await saidOf(Object.assign(new Error('write EPIPE'), { code: 'EPIPE' })), []);
});

test('a request with an invalid timeout is refused before anything is done for it', async () => {
  let routed = 0;
  const answer = handlerChain({
    clock: new FakeClock(),
    log: silentLogger,
    authenticate: async () => user,
    impersonate: async (user) => ({ user }),
    authorizers: [{ name: 'all', authorize: () => ({ verdict: 'allow', reason: '' }) }],
    observers: [],
    route: () => {
      routed++;
      // An unhandled rejection would end the process.
      return Promise.reject(new Error('failed'));
    },
  });
  const refused = await answer({ ...request, query: new URLSearchParams('timeout=soon') }, user);
  assert.equal(refused.status, 400);
  assert.equal(routed, 0);
});
