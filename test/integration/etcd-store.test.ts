import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { systemClock } from '@typernetes/base';
import { EtcdStore } from '@typernetes/store/etcd';
import { storeConformance } from '@typernetes/store/testing';
import { type EtcdServer, startEtcd } from './etcd-server.ts';

const plain = await startEtcd();
const secure = await startEtcd({ tls: true });
after(() => Promise.all([plain.remove(), secure.remove()]));

const open = ({ endpoint, tls }: EtcdServer): EtcdStore =>
  new EtcdStore({ endpoints: [endpoint], ...(tls ? { tls } : {}) });

/** What the tests before have left is removed. */
async function openEmpty(server: EtcdServer): Promise<EtcdStore> {
  const store = open(server);
  const { objects } = await store.list('/');
  for (const { key, modRevision } of objects)
    await store.commit({ key, value: undefined, expectedRevision: modRevision });
  return store;
}

for (const [name, server] of [
  ['etcd', plain],
  ['etcd with TLS and client certificates', secure],
] as const)
  storeConformance(
    name,
    () => openEmpty(server),
    async (store) => {
      await store.close();
      return open(server);
    },
  );

test('a client certificate that was renewed is shown on the next connection', async () => {
  const { endpoint, tls } = secure;
  const shown: ('none' | 'half' | 'whole')[] = ['none', 'half'];
  const store = new EtcdStore({
    endpoints: [endpoint],
    tls: () => {
      const state = shown.shift() ?? 'whole';
      if (state === 'none') return { ca: tls?.ca };
      return { ca: tls?.ca, cert: tls?.cert, key: state === 'half' ? 'not yet' : tls?.key };
    },
  });
  try {
    assert.ok((await store.list('/nothing/')).revision > 0);
    assert.deepEqual(shown, []);
  } finally {
    await store.close();
  }
});

test('whoever is about to end does not wait for an etcd that says nothing', async () => {
  const etcd = await startEtcd();
  const store = open(etcd);
  const stop = new AbortController();
  try {
    const key = '/registry/a';
    const made = await store.commit({ key, value: Buffer.from('1'), expectedRevision: 0 });
    const revision = made.ok ? made.revision : 0;
    const watching = (async () => {
      for await (const _ of store.watch('/', revision, stop.signal));
    })();
    etcd.freeze();
    const ask = () => [
      store.currentRevision(),
      // The second question waits for the first one's end.
      store.currentRevision(),
      store.get(key),
      store.list('/'),
      store.commit({ key, value: Buffer.from('2'), expectedRevision: revision }),
      store.history('/', { after: 0, upTo: revision }),
    ];
    const before = ask();
    store.hurry(200);
    const all = Promise.allSettled([...before, ...ask()]);
    // Left to themselves they take fifteen seconds, some of them twice that.
    const seen = await Promise.race([all, systemClock.sleep(12_000).then(() => [{ status: 'waiting' }])]);
    assert.deepEqual(new Set(seen.map(({ status }) => status)), new Set(['rejected']));
    await all;
    stop.abort();
    await watching;
  } finally {
    stop.abort();
    await store.close();
    await etcd.remove();
  }
});
