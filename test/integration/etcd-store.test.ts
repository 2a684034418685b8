import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { systemClock } from '@typernetes/base';
import { CompactedError } from '@typernetes/store';
import { EtcdStore } from '@typernetes/store/etcd';
import { storeConformance } from '@typernetes/store/testing';
import { type EtcdServer, startEtcd } from './etcd-server.ts';

const plain = await startEtcd();
const secure = await startEtcd({ tls: true });
after(() => Promise.all([plain.remove(), secure.remove()]));

const open = ({ endpoint, tls }: EtcdServer): EtcdStore =>
  new EtcdStore({ endpoints: [endpoint], ...(tls ? { tls } : {}) });

/** Removes what earlier tests have left. */
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

test('a renewed client certificate is used for the next connection', async () => {
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

test("reports the size of etcd's database", async () => {
  const store = open(plain);
  try {
    assert.ok((await store.sizeBytes()) > 0);
  } finally {
    await store.close();
  }
});

test('closing does not wait for an unresponsive etcd', async () => {
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
      // The second request waits for the end of the first.
      store.currentRevision(),
      store.get(key),
      store.list('/'),
      store.commit({ key, value: Buffer.from('2'), expectedRevision: revision }),
      store.history('/', { after: 0, upTo: revision }),
    ];
    const before = ask();
    store.hurry(200);
    const all = Promise.allSettled([...before, ...ask()]);
    // By themselves they take fifteen seconds, some of them twice that.
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

for (const later of ['less', 'as much', 'more'] as const) {
  test(`a watch ends if etcd was restored from older data and ${later} has happened since`, async () => {
    const etcd = await startEtcd();
    const mayReturn = Promise.withResolvers<void>();
    // Lets the test decide when the watch reconnects.
    const clock = { ...systemClock, sleep: () => mayReturn.promise };
    const store = new EtcdStore({ endpoints: [etcd.endpoint], clock });
    const put = async (name: string): Promise<number> => {
      const result = await store.commit({ key: `/registry/${name}`, value: Buffer.from(name), expectedRevision: 0 });
      return result.ok ? result.revision : assert.fail(`"${name}" is there`);
    };
    const stop = new AbortController();
    try {
      const from = await put('a');
      const giveBack = await etcd.keep();
      const keys: string[] = [];
      const watching = (async () => {
        for await (const { events } of store.watch('/', from, stop.signal)) keys.push(...events.map(({ key }) => key));
      })();
      await put('b');
      const seen = await put('c');
      assert.deepEqual(keys, ['/registry/b', '/registry/c']);
      const refused = assert.rejects(watching, (error) => error instanceof CompactedError);
      await giveBack();
      const other = open(etcd);
      const count = { less: 1, 'as much': 2, more: 5 }[later];
      const names = Array.from({ length: count }, (_, index) => `other-${index}`);
      for (const name of names)
        await other.commit({ key: `/registry/${name}`, value: Buffer.from(name), expectedRevision: 0 });
      assert.equal(Math.sign((await other.currentRevision()) - seen), { less: -1, 'as much': 0, more: 1 }[later]);
      await other.close();
      mayReturn.resolve();
      await refused;
      assert.equal(keys.length, 2);
    } finally {
      mayReturn.resolve();
      stop.abort();
      await store.close();
      await etcd.remove();
    }
  });
}
