import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FakeClock } from '@typernetes/base/testing';
import type { ApiObject } from '@typernetes/machinery';
import type { ApiCall, Connection } from './connection.ts';
import { followObjects, type Live } from './live-list.ts';

test('what cannot be watched is listed anew every so often', async () => {
  const clock = new FakeClock();
  const begun = clock.now();
  const asked: string[] = [];
  const connection = {
    json: async (path: string, _call: ApiCall) => {
      asked.push(path);
      return { metadata: {}, items: [{ metadata: { name: `at-${asked.length}` } }] };
    },
    socket: () => assert.fail('nothing is watched'),
  } as unknown as Connection;
  const stop = new AbortController();
  const shown: string[] = [];
  const show = ({ state, entries }: Live<ApiObject>): void =>
    void shown.push(`${state} ${entries.map(({ metadata }) => metadata.name)}`);
  const wanted = { path: '/apis/metrics.k8s.io/v1beta1/pods', fieldSelector: 'metadata.name=x', isPolled: true };
  const following = followObjects(wanted, { connection, clock, signal: stop.signal }, show);
  while (asked.length < 3) await clock.advance(5_000);
  stop.abort();
  await following;
  assert.deepEqual(shown, ['live at-1', 'live at-2', 'live at-3']);
  assert.equal(new Set(asked).size, 1);
  assert.match(asked[0] ?? '', /^\/apis\/metrics\.k8s\.io\/v1beta1\/pods\?fieldSelector=metadata\.name%3Dx&limit=500$/);
  assert.ok(clock.now() - begun >= 30_000, `${clock.now() - begun} ms`);
});
