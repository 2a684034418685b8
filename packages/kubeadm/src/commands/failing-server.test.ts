/** What init has made in the end must not depend on what the API server refused, did not hear or did not answer meanwhile. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { seededNumbers, seedsOr } from '@typernetes/base/testing';
import { type ApiRequest, type ApiResponse, restClient, type Transport } from '@typernetes/client';
import { FakeCluster, FakeHost, runOn } from '../testing/index.ts';

type Disturbance = 'lost' | 'unanswered' | 'refused' | 'overtaken';

const kinds: readonly Disturbance[] = ['lost', 'unanswered', 'refused', 'overtaken'];

const dropped = (code: string): Error => Object.assign(new Error(`read ${code}`), { code });

/** The way to a cluster on which requests go wrong whenever `next` says so. */
function flaky(transport: Transport, next: () => Disturbance | undefined): Transport {
  const saying = async (code: number, reason: string): Promise<ApiResponse> => {
    const status = { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure', reason, code, message: reason };
    async function* body(): AsyncGenerator<Uint8Array> {
      yield Buffer.from(JSON.stringify(status));
    }
    return { status: code, headers: {}, body: body() };
  };
  return {
    ...transport,
    request: async (request: ApiRequest): Promise<ApiResponse> => {
      const what = next();
      if (what === 'lost') throw dropped('ECONNREFUSED');
      if (what === 'refused') return saying(503, 'ServiceUnavailable');
      if (what === 'overtaken' && request.method === 'PUT') return saying(409, 'Conflict');
      const response = await transport.request(request);
      if (what === 'unanswered') throw dropped('ECONNRESET');
      return response;
    },
    upgrade: (request) => transport.upgrade(request),
    close: () => transport.close(),
  };
}

/** All that init leaves in the cluster; twice, as on a machine where somebody runs it again. */
async function outcome(next: () => Disturbance | undefined): Promise<unknown> {
  const node = { metadata: { name: 'master', labels: {} }, spec: {} };
  const cluster = new FakeCluster({
    '/api/v1/namespaces/kube-system': { metadata: { name: 'kube-system' } },
    '/api/v1/namespaces/kube-public': { metadata: { name: 'kube-public' } },
    '/api/v1/nodes/master': node,
  });
  const client = restClient(flaky(cluster.client.transport, next));
  const disturbed = { objects: cluster.objects, client } as unknown as FakeCluster;
  const host = new FakeHost();
  for (const args of [['init'], ['init', '--ignore-preflight-errors=all', '--skip-phases=certs,kubeconfig']]) {
    const { code, err } = await runOn(host, disturbed, args);
    assert.equal(code, 0, err);
  }
  return JSON.parse(JSON.stringify([...cluster.objects].sort(), withoutSecrets));
}

/** Keys are others each time, and tokens last from when they are made. */
const withoutSecrets = (key: string, value: unknown): unknown =>
  /^(kubeconfig|certificate-authority-data|expiration)$/.test(key) ? undefined : value;

const seeds = seedsOr('1 2');

test('init comes to the same end whatever the API server does on the way', async () => {
  const expected = await outcome(() => undefined);
  for (const seed of seeds) {
    const next = seededNumbers(seed);
    const found = await outcome(() => (next() < 0.3 ? kinds[Math.floor(next() * kinds.length)] : undefined));
    assert.deepEqual(found, expected, `with seed ${seed}`);
  }
});
