import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { secrets } from '@typernetes/api/core/v1';
import {
  apiServerFlags,
  builtInResources,
  completeConfig,
  loopbackUser,
  openStore,
  startConfiguredServer,
} from '@typernetes/apiserver';
import { silentLogger } from '@typernetes/base/testing';
import { type ApiClient, readBody, restClient, type Transport } from '@typernetes/client';
import { parseFlags } from '@typernetes/process';
import { SqliteStore } from '@typernetes/store';
import { KmsPlugin } from './kms-plugin.ts';

const folder = mkdtempSync(join(tmpdir(), 'encryption-'));
const plugin = new KmsPlugin();
await plugin.start();
after(() => {
  plugin.stop();
  rmSync(folder, { recursive: true });
});

const material = {
  tls: { cert: '', key: '' },
  clientCa: undefined,
  requestHeaderCa: undefined,
  serviceAccountKeys: [],
  serviceAccountSigningKey: undefined,
  kubeletClient: undefined,
};

/** Runs a server over the store of that name, with these encryption providers for secrets, during `run`. */
async function withServer(
  name: string,
  providers: readonly object[],
  run: (client: ApiClient, transport: Transport) => Promise<void>,
  more: readonly string[] = [],
): Promise<void> {
  const file = join(folder, `${name}.yaml`);
  const configuration = { resources: [{ resources: ['secrets'], providers }] };
  writeFileSync(
    file,
    JSON.stringify({ apiVersion: 'apiserver.config.k8s.io/v1', kind: 'EncryptionConfiguration', ...configuration }),
  );
  const { flags } = parseFlags(apiServerFlags, [
    `--storage-path=${join(folder, name, 'store.db')}`,
    `--encryption-provider-config=${file}`,
    '--advertise-address=192.0.2.1',
    ...more,
  ]);
  const config = completeConfig(flags, { defaultAddress: () => '192.0.2.1' });
  const store = await openStore(config);
  try {
    const server = await startConfiguredServer({
      config,
      material,
      resources: builtInResources,
      store,
      log: silentLogger,
    });
    try {
      const transport = server.transport(loopbackUser);
      await run(restClient(transport), transport);
    } finally {
      await server.close();
    }
  } finally {
    await store.close();
  }
}

const at = { namespace: 'default', name: 'db' };
const password = Buffer.from('open sesame').toString('base64');
const create = (client: ApiClient) =>
  client.resource(secrets).create({ metadata: at, type: 'Opaque', data: { password } });
const read = async (client: ApiClient) => await client.resource(secrets).get(at);

/** The stored bytes of the secret, without the encrypted part. */
async function storedHead(name: string): Promise<string> {
  const store = new SqliteStore(join(folder, name, 'store.db'));
  try {
    const stored = await store.get('/registry/secrets/default/db');
    return /^k8s:enc:(?:kms:v2:\w+:|\w+:v1:\w+:)/.exec(Buffer.from(stored?.value ?? []).toString('latin1'))?.[0] ?? '';
  } finally {
    await store.close();
  }
}

function onDisk(name: string, text: string): boolean {
  return readdirSync(join(folder, name)).some((file) => readFileSync(join(folder, name, file)).includes(text));
}

/** The lines of some metrics of the server, without the hash of its own name. */
async function metricsOf(transport: Transport, ...names: readonly string[]): Promise<string[]> {
  const response = await transport.request({ method: 'GET', path: '/metrics' });
  const text = Buffer.from(await readBody(response)).toString();
  return text
    .split('\n')
    .filter((line) => names.some((name) => line.startsWith(`${name}{`)))
    .map((line) => line.replace(/,?apiserver_id_hash="sha256:[0-9a-f]{64}"/, '').replace(/^apiserver_/, ''));
}

test('secrets are encrypted on disk, and keys are rotated without losing one', async () => {
  const key = (name: string, fill: number) => ({ name, secret: Buffer.alloc(32, fill).toString('base64') });
  const [one, two] = [key('one', 1), key('two', 2)];
  await withServer('aes', [{ aescbc: { keys: [one] } }], async (client, transport) => {
    await create(client);
    assert.equal((await read(client)).data?.password, password);
    assert.deepEqual(
      await metricsOf(transport, 'apiserver_storage_transformation_operations_total'),
      ['from', 'to']
        .map(
          (way) =>
            `storage_transformation_operations_total{resource="secrets",status="OK",transformation_type="${way}_storage",transformer_prefix="k8s:enc:aescbc:v1:"} 1`,
        )
        .reverse(),
    );
    assert.ok(!onDisk('aes', password), 'readable on the disk');
    assert.ok(onDisk('aes', 'kube-system'), 'what is not a secret is readable');
  });
  assert.equal(await storedHead('aes'), 'k8s:enc:aescbc:v1:one:');

  await withServer('aes', [{ aescbc: { keys: [two, one] } }], async (client) => {
    const before = await read(client);
    const after = await client.resource(secrets).update(before);
    assert.notEqual(
      after.metadata.resourceVersion,
      before.metadata.resourceVersion,
      'kept by an old key: written anew',
    );
    const again = await client.resource(secrets).update(after);
    assert.equal(again.metadata.resourceVersion, after.metadata.resourceVersion, 'nothing to do any more');
  });
  assert.equal(await storedHead('aes'), 'k8s:enc:aescbc:v1:two:');

  await withServer('aes', [{ secretbox: { keys: [one] } }, { aescbc: { keys: [two] } }], async (client) => {
    await client.resource(secrets).update(await read(client));
    assert.equal((await read(client)).data?.password, password);
  });
  assert.equal(await storedHead('aes'), 'k8s:enc:secretbox:v1:one:');

  const refused = /unable to transform key "\/registry\/secrets\/default\/db": no matching prefix found/;
  await withServer('aes', [{ aesgcm: { keys: [one] } }, { identity: {} }], async (client, transport) => {
    await assert.rejects(read(client), refused);
    const counted = await metricsOf(transport, 'apiserver_storage_transformation_operations_total');
    assert.ok(
      counted.some((line) => /status="unknown-non-grpc".*transformer_prefix="unknown"/.test(line)),
      counted.join('\n'),
    );
    await assert.rejects(client.resource(secrets).list(), refused);
    await assert.rejects(client.resource(secrets).list({ namespace: 'default' }), refused);
    const others = { namespace: 'kube-system' };
    await client.resource(secrets).create({ metadata: { ...others, name: 'other' }, data: { password } });
    assert.equal((await client.resource(secrets).list(others)).items.length, 1);
  });
});

test('a KMS plugin keeps the keys; when it rotates its key, stored data becomes stale', async () => {
  const kms = [{ kms: { apiVersion: 'v2', name: 'plugin', endpoint: plugin.endpoint } }];
  await withServer('kms', kms, async (client, transport) => {
    const created = await create(client);
    assert.ok(!onDisk('kms', password));
    assert.equal(plugin.decrypts, 0, 'a key of its own needs no asking');
    plugin.rotate();
    // The health check notices the new key.
    const health = await transport.request({ method: 'GET', path: '/livez/kms-provider-0' });
    assert.equal(health.status, 200, Buffer.from(await readBody(health)).toString());
    const updated = await client.resource(secrets).update(created);
    assert.notEqual(updated.metadata.resourceVersion, created.metadata.resourceVersion);
    const used = await metricsOf(transport, 'apiserver_envelope_encryption_key_id_hash_total');
    assert.equal(used.filter((line) => line.includes('transformation_type="to_storage"')).length, 2, 'by both keys');
    const asked = await metricsOf(transport, 'apiserver_envelope_encryption_kms_operations_latency_seconds_count');
    const encrypt = 'grpc_status_code="OK",method_name="/v2.KeyManagementService/Encrypt",provider_name="plugin"';
    assert.ok(
      asked.includes(`envelope_encryption_kms_operations_latency_seconds_count{${encrypt}} 2`),
      asked.join('\n'),
    );
  });
  assert.equal(await storedHead('kms'), 'k8s:enc:kms:v2:plugin:');
  await withServer('kms', kms, async (client) => {
    assert.equal((await read(client)).data?.password, password);
    assert.equal(plugin.decrypts, 1);
  });
});

test('a server that reloads its providers has a single health check for them', async () => {
  const hook = 'poststarthook/start-encryption-provider-config-automatic-reload';
  const checks = async (...more: string[]): Promise<boolean> => {
    let found = false;
    const look = async (_client: ApiClient, transport: Transport): Promise<void> => {
      const response = await transport.request({ method: 'GET', path: '/readyz?verbose' });
      found = Buffer.from(await readBody(response))
        .toString()
        .includes(`[+]${hook} ok\n`);
    };
    await withServer(`reload-${more.length}`, [{ identity: {} }], look, more);
    return found;
  };
  assert.equal(await checks('--encryption-provider-config-automatic-reload=true'), true);
  assert.equal(await checks(), false);
});
