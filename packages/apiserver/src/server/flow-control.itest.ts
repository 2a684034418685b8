import assert from 'node:assert/strict';
import { request } from 'node:https';
import { test } from 'node:test';
import { type FlowSchema, flowschemas, prioritylevelconfigurations } from '@typernetes/api/flowcontrol/v1';
import { systemClock } from '@typernetes/base';
import { silentLogger } from '@typernetes/base/testing';
import { type ResourceClient, restClient } from '@typernetes/client';
import { createAuthority, createLeaf } from '@typernetes/pki';
import { parseFlags } from '@typernetes/process';
import { MemoryStore } from '@typernetes/store';
import { completeConfig } from '../options/api-server-config.ts';
import { apiServerFlags } from '../options/flags.ts';
import { builtInResources } from '../registry/resources.ts';
import { loopbackUser } from './api-server.ts';
import { startConfiguredServer } from './configured-server.ts';

const validity = { notBefore: systemClock.now() - 3_600_000, notAfter: systemClock.now() + 3_600_000 };
const ca = await createAuthority({ commonName: 'kubernetes', ...validity });
const serving = await createLeaf(ca, {
  commonName: 'kube-apiserver',
  ipAddresses: ['127.0.0.1'],
  usages: ['digital signature', 'server auth'],
  ...validity,
});

async function withServer(
  flags: readonly string[],
  run: (at: { port: number; client: ReturnType<typeof restClient> }) => Promise<void>,
): Promise<void> {
  const config = completeConfig(parseFlags(apiServerFlags, flags).flags, { defaultAddress: () => '192.0.2.10' });
  const tls = { cert: serving.certificate, key: serving.privateKey };
  const store = new MemoryStore();
  const server = await startConfiguredServer({
    config,
    material: {
      tls,
      clientCa: undefined,
      requestHeaderCa: undefined,
      serviceAccountKeys: [],
      serviceAccountSigningKey: undefined,
      kubeletClient: undefined,
    },
    resources: builtInResources,
    store,
    log: silentLogger,
  });
  const { port } = await server.listen({ host: '127.0.0.1', port: 0, material: tls });
  try {
    await run({ port, client: restClient(server.transport(loopbackUser)) });
  } finally {
    await server.close();
    await store.close();
  }
}

interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly body: string;
}

/** Starts an anonymous request. `finish` sends the rest of its body. */
function begin(port: number, method: string, path: string, body = ''): { answer: Promise<Answer>; finish(): void } {
  const sent = request({
    ...{ host: '127.0.0.1', port, method, path, ca: ca.certificate, agent: false },
    headers: { 'content-type': 'application/json', 'content-length': body.length },
  });
  const answer = new Promise<Answer>((resolve, reject) => {
    sent.once('error', reject);
    sent.once('response', (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (chunk: string) => {
        text += chunk;
      });
      response.once('end', () => resolve({ status: response.statusCode ?? 0, headers: response.headers, body: text }));
    });
  });
  sent.write(body.slice(0, 1));
  return { answer, finish: () => void sent.end(body.slice(1)) };
}

async function get(port: number, path: string): Promise<Answer> {
  const asked = begin(port, 'GET', path);
  asked.finish();
  return await asked.answer;
}

const maps = '/api/v1/namespaces/default/configmaps';

/** Resolves once every schema reports that its level exists, which is determined after its creation. */
async function untilNoneDangles(schemas: Pick<ResourceClient<FlowSchema>, 'list'>): Promise<void> {
  for (;;) {
    const { items } = await schemas.list();
    const said = items.map(({ status }) => status?.conditions?.map(({ type, status: is }) => `${type} ${is}`).join());
    if (said.every((one) => one === 'Dangling False')) return;
    assert.ok(
      said.every((one) => one === undefined || one === 'Dangling False'),
      said.join(),
    );
    await systemClock.sleep(10);
  }
}

/** Repeats a request until it is refused: the held request is on its way, not necessarily there. */
async function untilRefused(port: number): Promise<Answer> {
  for (;;) {
    const answer = await get(port, `${maps}/none`);
    if (answer.status === 429) return answer;
  }
}

test('a level without free seats replies 429; administrators and probes do not wait', async () => {
  await withServer(['--max-requests-inflight=1', '--max-mutating-requests-inflight=1'], async ({ port, client }) => {
    const levels = client.resource(prioritylevelconfigurations);
    const schemas = client.resource(flowschemas);
    assert.deepEqual((await levels.list()).items.map(({ metadata }) => metadata.name).sort(), [
      'catch-all',
      'exempt',
      'global-default',
      'leader-election',
      'node-high',
      'system',
      'workload-high',
      'workload-low',
    ]);
    assert.equal((await schemas.list()).items.length, 13);
    await untilNoneDangles(schemas);
    const level = await levels.create({
      metadata: { name: 'one' },
      spec: {
        type: 'Limited',
        limited: { nominalConcurrencyShares: 1, borrowingLimitPercent: 0, limitResponse: { type: 'Reject' } },
      },
    });
    const schema = await schemas.create({
      metadata: { name: 'nobody' },
      spec: {
        priorityLevelConfiguration: { name: 'one' },
        matchingPrecedence: 10,
        rules: [
          {
            subjects: [{ kind: 'Group', group: { name: 'system:unauthenticated' } }],
            resourceRules: [
              { verbs: ['*'], apiGroups: ['*'], resources: ['*'], clusterScope: true, namespaces: ['*'] },
            ],
          },
        ],
      },
    });
    const held = begin(port, 'POST', maps, JSON.stringify({ metadata: { name: 'held' } }));
    const refused = await untilRefused(port);
    assert.equal(refused.body, 'Too many requests, please try again later.\n');
    assert.equal(refused.headers['retry-after'], '1');
    assert.equal(refused.headers['x-content-type-options'], 'nosniff');
    assert.equal(refused.headers['x-kubernetes-pf-flowschema-uid'], schema.metadata.uid);
    assert.equal(refused.headers['x-kubernetes-pf-prioritylevel-uid'], level.metadata.uid);
    assert.equal((await get(port, '/readyz')).status, 200);
    await schemas.get({ name: 'nobody' });
    const dump = await get(port, '/debug/api_priority_and_fairness/dump_priority_levels');
    assert.match(
      dump.body,
      /^PriorityLevelName, ActiveQueues, IsIdle, IsQuiescing, WaitingRequests, ExecutingRequests,/,
    );
    assert.match(dump.body, /^one, +0, +false, +false, +0, +1, /m);
    held.finish();
    assert.equal((await held.answer).status, 201);
    assert.equal((await get(port, `${maps}/held`)).status, 200);
  });
});

test('without priority and fairness, reads and writes are limited', async () => {
  const flags = [
    '--enable-priority-and-fairness=false',
    '--max-requests-inflight=0',
    '--max-mutating-requests-inflight=1',
  ];
  await withServer(flags, async ({ port }) => {
    const held = begin(port, 'POST', maps, JSON.stringify({ metadata: { name: 'held' } }));
    for (;;) {
      const asked = begin(port, 'DELETE', `${maps}/none`);
      asked.finish();
      const { status, headers } = await asked.answer;
      assert.equal(headers['x-kubernetes-pf-flowschema-uid'], undefined);
      if (status === 429) break;
    }
    assert.equal((await get(port, `${maps}/none`)).status, 404);
    held.finish();
    assert.equal((await held.answer).status, 201);
  });
});
