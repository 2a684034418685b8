import assert from 'node:assert/strict';
import { createServer, get } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import { isEligible, type ProxyHealth, proxyHealthHandler } from './proxy-health.ts';

const now = Date.parse('2026-01-02T03:04:05.678Z');
const well: ProxyHealth = { healthy: true, nodeEligible: true, lastSync: now - 60_000 };

/** The response of a path: status and body. */
async function ask(path: string, health: ProxyHealth): Promise<[number | undefined, string]> {
  const server = createServer(
    proxyHealthHandler(
      () => now,
      () => health,
    ),
  );
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  try {
    return await new Promise((done, failed) => {
      get({ port: (server.address() as AddressInfo).port, host: '127.0.0.1', path, agent: false }, (response) => {
        let body = '';
        response.on('data', (chunk) => {
          body += chunk;
        });
        response.on('end', () => done([response.statusCode, body]));
      }).on('error', failed);
    });
  } finally {
    server.close();
  }
}

const time = '2026-01-02 03:04:05.678 +0000 UTC';

test('reports the current time as last update while the rules are up to date', async () => {
  assert.deepEqual(await ask('/healthz', well), [
    200,
    `{"lastUpdated": "${time}","currentTime": "${time}", "nodeEligible": true}`,
  ]);
  assert.deepEqual(await ask('/livez', well), [200, `{"lastUpdated": "${time}","currentTime": "${time}"}`]);
  assert.equal((await ask('/readyz', well))[0], 404);
});

test('failing syncs fail both endpoints, with the time of the last success', async () => {
  const ill = { ...well, healthy: false };
  const since = '2026-01-02 03:03:05.678 +0000 UTC';
  assert.deepEqual(await ask('/livez', ill), [503, `{"lastUpdated": "${since}","currentTime": "${time}"}`]);
  assert.equal((await ask('/healthz', ill))[0], 503);
});

test('a node about to be removed fails healthz for load balancers, but not livez', async () => {
  const leaving = { ...well, nodeEligible: false };
  assert.match((await ask('/healthz', leaving)).join(' '), /^503 .*"nodeEligible": false}$/);
  assert.equal((await ask('/livez', leaving))[0], 200);
});

test('a node is about to be removed when it is being deleted or has the autoscaler taint', () => {
  const metadata = { name: 'n', uid: 'u', resourceVersion: '1', creationTimestamp: '2026-01-01T00:00:00Z' };
  const taint = { key: 'ToBeDeletedByClusterAutoscaler', effect: 'NoSchedule' as const };
  assert.ok(isEligible(undefined));
  assert.ok(isEligible({ metadata, spec: { taints: [{ ...taint, key: 'other' }] } } as never));
  assert.ok(!isEligible({ metadata: { ...metadata, deletionTimestamp: '2026-01-02T00:00:00Z' } } as never));
  assert.ok(!isEligible({ metadata, spec: { taints: [taint] } } as never));
});
