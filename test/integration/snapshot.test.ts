import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { existsSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { type ConfigMap, configmaps } from '@typernetes/api/core/v1';
import { restClient } from '@typernetes/client';
import { isNotFound } from '@typernetes/machinery';
import { eventually } from '../eventually.ts';
import { makeServerPlace, type ServerPlace, startServer } from './server-program.ts';

const program = join(import.meta.dirname, '../../apps/typernetes/src/main.ts');
const namespace = 'default';

function kubeconfigs(place: ServerPlace): { admin: string; stranger: string } {
  const write = (name: string, user: object): string => {
    const file = join(place.folder, name);
    const cluster = { server: place.server, 'certificate-authority': join(place.folder, 'ca.crt') };
    const context = { cluster: 'c', user: 'u' };
    writeFileSync(
      file,
      JSON.stringify({
        apiVersion: 'v1',
        kind: 'Config',
        'current-context': 'x',
        clusters: [{ name: 'c', cluster }],
        users: [{ name: 'u', user }],
        contexts: [{ name: 'x', context }],
      }),
    );
    return file;
  };
  const base64 = (pem: string): string => Buffer.from(pem).toString('base64');
  return {
    admin: write('admin.conf', {
      'client-certificate-data': base64(place.tls.cert),
      'client-key-data': base64(place.tls.key),
    }),
    stranger: write('stranger.conf', {}),
  };
}

test('a snapshot of a running server is restored; clients list again and nothing is duplicated', async () => {
  const place = await makeServerPlace();
  const { admin, stranger } = kubeconfigs(place);
  const run = promisify(execFile);
  const store = async (...args: string[]): Promise<string> =>
    (await run(process.execPath, [program, 'store', ...args], { env: { ...process.env, HOME: place.folder } })).stdout;
  const file = join(place.folder, 'snapshot.db');
  let server = await startServer(place);
  const transport = place.connect();
  const maps = restClient(transport).resource(configmaps);
  const create = (name: string) => maps.create({ metadata: { name, namespace }, data: { text: 'x'.repeat(2000) } });
  try {
    const acknowledged: string[] = [];
    for (let i = 0; i < 100; i++) acknowledged.push((await create(`before-${i}`)).metadata.name);
    // Writes continue meanwhile: the snapshot may or may not have them, but complete and in order.
    const busy = { stop: false };
    const writing = (async () => {
      for (let i = 0; !busy.stop; i++) await create(`meanwhile-${String(i).padStart(5, '0')}`);
    })();
    const [said] = await Promise.all([
      store('snapshot', file, `--kubeconfig=${admin}`).finally(() => {
        busy.stop = true;
      }),
      writing,
    ]);
    const [, revision = ''] = /^Snapshot saved at .*\nHASH .*\n[0-9a-f]{8} +(\d+) +\d+ +\d+\n$/.exec(said) ?? [];
    assert.ok(Number(revision) > 100, said);
    assert.match(await store('status', `--kubeconfig=${admin}`), /^BACKEND +REVISION\nsqlite +\d+\n$/);
    // The server removes it after sending the end of it, and the reader already has it then.
    await eventually(async () =>
      assert.ok(!readdirSync(dirname(place.storePath)).some((name) => name.startsWith('snapshot-'))),
    );
    await assert.rejects(
      store('snapshot', `${file}.2`, `--kubeconfig=${stranger}`),
      /forbidden: User "system:anonymous" cannot get path "\/typernetes\/store\/snapshot"/,
    );

    const late = await create('late');
    await server.end('SIGKILL');
    rmSync(dirname(place.storePath), { recursive: true });
    assert.match(
      await store('restore', file, `--storage-path=${place.storePath}`),
      /^Snapshot restored to .*, revision \d+\n$/,
    );
    assert.ok(existsSync(place.storePath));

    server = await startServer(place);
    const { items, metadata } = await eventually(() => maps.list({ namespace }));
    const names = new Set(items.map((map: ConfigMap) => map.metadata.name));
    for (const name of acknowledged) assert.ok(names.has(name), `${name} is lost`);
    const meanwhile = [...names].filter((name) => name.startsWith('meanwhile-')).sort();
    assert.deepEqual(
      meanwhile,
      meanwhile.map((_, i) => `meanwhile-${String(i).padStart(5, '0')}`),
    );
    await assert.rejects(maps.get({ namespace, name: 'late' }), isNotFound);
    assert.ok(Number(metadata.resourceVersion) > Number(late.metadata.resourceVersion) + 1e8);

    // A client that has seen later revisions is told to list again.
    const watching = await transport.request({
      method: 'GET',
      path: `/api/v1/namespaces/${namespace}/configmaps?watch=1&timeoutSeconds=5&resourceVersion=${late.metadata.resourceVersion}`,
    });
    let events = '';
    for await (const chunk of watching.body) events += Buffer.from(chunk).toString();
    assert.match(events, /"code":410/);
    const again = await create('late');
    assert.ok(Number(again.metadata.resourceVersion) > Number(metadata.resourceVersion));
  } finally {
    transport.close();
    await server.end('SIGKILL');
    place.remove();
  }
});
