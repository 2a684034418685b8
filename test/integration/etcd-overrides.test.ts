import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { configmaps, events } from '@typernetes/api/core/v1';
import { events as groupEvents } from '@typernetes/api/events/v1';
import { type ApiClient, readBody, type Transport } from '@typernetes/client';
import { CompactedError } from '@typernetes/store';
import { EtcdStore } from '@typernetes/store/etcd';
import { eventually, withRestartableApi } from './api.ts';
import { startEtcd } from './etcd-server.ts';

const etcd = await startEtcd();
after(() => etcd.remove());
const overrides = `--etcd-servers-overrides=/events#${etcd.endpoint};${etcd.endpoint}`;

/** Runs with a store that reads etcd directly; removed after `run`. */
async function withEtcd(run: (store: EtcdStore) => Promise<void>): Promise<void> {
  const store = new EtcdStore({ endpoints: [etcd.endpoint] });
  try {
    await run(store);
  } finally {
    await store.close();
  }
}

const createEvent = (client: ApiClient, name: string) =>
  client.resource(events).create({
    metadata: { name, namespace: 'default' },
    involvedObject: { kind: 'Pod', namespace: 'default', name: 'p' },
    reason: 'Tested',
    message: name,
  });

async function health(transport: Transport, path: string): Promise<string> {
  return Buffer.from(await readBody(await transport.request({ method: 'GET', path }))).toString();
}

test('a resource is stored in its own etcd, and has the revisions of that etcd', async () => {
  await withEtcd((store) =>
    withRestartableApi(
      async ({ client, transport, down, up }) => {
        const first = await createEvent(client, 'first');
        const stored = await store.get('/registry/events/default/first');
        assert.equal(first.metadata.resourceVersion, String(stored?.modRevision));
        const map = await client.resource(configmaps).create({ metadata: { name: 'c', namespace: 'default' } });
        assert.equal(await store.get('/registry/configmaps/default/c'), undefined);
        // Other writes in that etcd raise the revisions of events, and of nothing else.
        for (let i = 0; i < 20; i++)
          await store.commit({ key: `/elsewhere/${i}`, value: Buffer.from('x'), expectedRevision: 0 });
        const second = await createEvent(client, 'second');
        assert.ok(Number(second.metadata.resourceVersion) >= Number(first.metadata.resourceVersion) + 21);
        const listed = await client.resource(events).list({ namespace: 'default' });
        assert.deepEqual(
          listed.items.map(({ metadata }) => metadata.name),
          ['first', 'second'],
        );
        assert.ok(Number(listed.metadata.resourceVersion) >= Number(second.metadata.resourceVersion));
        const maps = await client.resource(configmaps).list({ namespace: 'default' });
        assert.ok(Number(maps.metadata.resourceVersion) >= Number(map.metadata.resourceVersion));
        const sameEvent = await client.resource(groupEvents).get({ namespace: 'default', name: 'first' });
        assert.equal(sameEvent.metadata.resourceVersion, first.metadata.resourceVersion);

        await down();
        await up();
        const seen: string[] = [];
        const watched = (async () => {
          const from = first.metadata.resourceVersion;
          for await (const event of client.resource(events).watch({ namespace: 'default', resourceVersion: from })) {
            if (event.type === 'BOOKMARK') continue;
            seen.push(`${event.type} ${event.object.metadata.name}`);
            if (seen.length === 3) return;
          }
        })();
        await createEvent(client, 'third');
        await client.resource(events).delete({ namespace: 'default', name: 'first' });
        await watched;
        assert.deepEqual(seen, ['ADDED second', 'ADDED third', 'DELETED first']);

        const ready = await health(transport, '/readyz?verbose');
        assert.match(ready, /\[\+\]etcd ok\n\[\+\]etcd-override-0 ok\n/);
        assert.match(ready, /\[\+\]etcd-readiness ok\n\[\+\]etcd-override-readiness-0 ok\n/);
        const sizes = await health(transport, '/metrics');
        assert.match(sizes, /apiserver_storage_size_bytes\{storage_cluster_id="etcd-1"\} \d{4}/);
        const statuses = await health(transport, '/api/v1/componentstatuses/etcd-1');
        assert.match(statuses, /"message":"ok"/);
        await etcd.kill();
        assert.match(
          await health(transport, '/livez'),
          /\[\+\]etcd ok\n\[-\]etcd-override-0 failed: reason withheld\n/,
        );
        assert.match(await health(transport, '/livez?exclude=etcd&verbose'), /\[\+\]etcd-override-0 excluded: ok\n/);
        // Resources in the main etcd continue to work.
        await client.resource(configmaps).create({ metadata: { name: 'd', namespace: 'default' } });
        await etcd.restart();
        await eventually(() => createEvent(client, 'fourth').catch(() => undefined));
      },
      [overrides, '--etcd-healthcheck-timeout=1s'],
    ),
  );
});

test('the history of the other etcd is compacted as well', async () => {
  await withEtcd((store) =>
    withRestartableApi(
      async ({ client }) => {
        const made = await createEvent(client, 'old');
        const revision = Number(made.metadata.resourceVersion);
        await eventually(async () => {
          await client.resource(events).create({
            metadata: { generateName: 'new-', namespace: 'default' },
            involvedObject: { kind: 'Pod', namespace: 'default', name: 'p' },
          });
          try {
            await store.list('/registry/events/', { revision });
            return undefined;
          } catch (error) {
            assert.ok(error instanceof CompactedError);
            return true;
          }
        });
      },
      [overrides, '--etcd-compaction-interval=100ms'],
    ),
  );
});
