import assert from 'node:assert/strict';
import { after, test } from 'node:test';
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
