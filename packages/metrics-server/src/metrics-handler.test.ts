import assert from 'node:assert/strict';
import { createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import type { Node, Pod } from '@typernetes/api/core/v1';
import { FakeClock, silentLogger } from '@typernetes/base/testing';
import type { DelegatedRequest, Lister } from '@typernetes/client';
import { MetricsApi } from './metrics-api.ts';
import { metricsHandler } from './metrics-handler.ts';
import { readTrust } from './trust.ts';
import { UsageHistory } from './usage-history.ts';

const clock = new FakeClock(Date.UTC(2026, 0, 1));
const at = clock.now();

function lister<T extends { metadata: { name: string; namespace?: string } }>(objects: readonly T[]): Lister<T> {
  const key = ({ metadata: { namespace, name } }: T): string => (namespace ? `${namespace}/${name}` : name);
  return {
    get: (wanted) => objects.find((object) => key(object) === wanted),
    list: () => objects,
    inNamespace: (namespace) => objects.filter(({ metadata }) => metadata.namespace === namespace),
    byIndex: () => [],
  };
}

const node = (name: string): Node => ({ metadata: { name, labels: { disk: 'ssd' } } }) as unknown as Node;
const pod = (namespace: string, name: string, app: string): Pod =>
  ({ metadata: { namespace, name, labels: { app } } }) as unknown as Pod;

function measured(): UsageHistory {
  const history = new UsageHistory(15_000);
  for (const round of [0, 1]) {
    const point = (cpuSeconds: number) => ({
      cpuSeconds: 1 + cpuSeconds * round,
      memoryBytes: 20 * 2 ** 20,
      at: at - 20_000 + 15_000 * round,
    });
    const pods = new Map([
      [
        'shop/web',
        new Map([
          ['side', point(0.0015)],
          ['c', point(3)],
        ]),
      ],
      ['shop/db', new Map([['c', point(0.75)]])],
      ['other/web', new Map([['c', point(0.75)]])],
    ]);
    history.replace(new Map([['n1', { node: point(6), pods }]]));
  }
  return history;
}

/** Sends a request to a server with the handler; `allowed` is the answer of the authorizer. */
async function ask(path: string, { method = 'GET', accept = 'application/json', allowed = true } = {}) {
  const asked: DelegatedRequest[] = [];
  const handler = metricsHandler({
    api: new MetricsApi({
      history: measured(),
      nodes: lister([node('n1'), node('n2')]),
      pods: lister([pod('shop', 'web', 'web'), pod('shop', 'db', 'db'), pod('other', 'web', 'web')]),
      clock,
    }),
    access: {
      check: async (one) => {
        asked.push(one);
        return allowed ? { status: 200, message: '' } : { status: 403, message: 'no' };
      },
    },
    trust: () => readTrust(),
    clock,
    log: silentLogger,
  });
  const server = createServer(handler).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  try {
    return await new Promise<{ status: number; body: never; asked: DelegatedRequest[] }>((resolve, reject) => {
      const { port } = server.address() as AddressInfo;
      const out = request({ host: '127.0.0.1', port, path, method, headers: { accept } }, async (response) => {
        let text = '';
        for await (const piece of response) text += piece;
        resolve({ status: response.statusCode ?? 0, body: JSON.parse(text) as never, asked });
      });
      out.on('error', reject).end();
    });
  } finally {
    server.close();
  }
}

const root = '/apis/metrics.k8s.io/v1beta1';

test('reports the usage of a node', async () => {
  const { status, body, asked } = await ask(`${root}/nodes/n1`);
  assert.equal(status, 200);
  assert.deepEqual(body, {
    kind: 'NodeMetrics',
    apiVersion: 'metrics.k8s.io/v1beta1',
    metadata: { name: 'n1', creationTimestamp: '2026-01-01T00:00:00Z', labels: { disk: 'ssd' } },
    timestamp: '2025-12-31T23:59:55Z',
    window: '15s',
    usage: { cpu: '400m', memory: '20Mi' },
  });
  assert.deepEqual(asked[0]?.resource, {
    verb: 'get',
    group: 'metrics.k8s.io',
    version: 'v1beta1',
    resource: 'nodes',
    name: 'n1',
  });
});

test('reports the usage of each container of a pod, and lists by namespace, labels and fields', async () => {
  const { body } = await ask(`${root}/namespaces/shop/pods/web`);
  const { containers } = body as { containers: unknown };
  assert.deepEqual(containers, [
    { name: 'c', usage: { cpu: '200m', memory: '20Mi' } },
    { name: 'side', usage: { cpu: '100u', memory: '20Mi' } },
  ]);
  const names = async (path: string): Promise<string[]> => {
    const { body } = await ask(`${root}/${path}`);
    const { items } = body as { items: { metadata: { namespace?: string; name: string } }[] };
    return items.map(({ metadata }) => [metadata.namespace, metadata.name].filter(Boolean).join('/'));
  };
  assert.deepEqual(await names('nodes'), ['n1'], 'n2 is not measured');
  assert.deepEqual(await names('pods'), ['other/web', 'shop/db', 'shop/web']);
  assert.deepEqual(await names('namespaces/shop/pods?labelSelector=app%3Dweb'), ['shop/web']);
  assert.deepEqual(await names('pods?fieldSelector=metadata.name%3Dweb'), ['other/web', 'shop/web']);
});

test('a Table shows the sums over containers', async () => {
  const { body } = await ask(`${root}/namespaces/shop/pods`, {
    accept: 'application/json;as=Table;v=v1;g=meta.k8s.io,application/json',
  });
  const { columnDefinitions, rows } = body as { columnDefinitions: { name: string }[]; rows: { cells: string[] }[] };
  assert.deepEqual(
    columnDefinitions.map(({ name }) => name),
    ['Name', 'cpu', 'memory', 'Window'],
  );
  assert.deepEqual(
    rows.map(({ cells }) => cells),
    [
      ['db', '50m', '20Mi', '15s'],
      ['web', '200100u', '40Mi', '15s'],
    ],
  );
});

test('serves discovery', async () => {
  const { body } = await ask(root);
  const { resources } = body as { resources: { name: string; kind: string }[] };
  assert.deepEqual(
    resources.map(({ name, kind }) => `${name} ${kind}`),
    ['nodes NodeMetrics', 'pods PodMetrics'],
  );
  assert.equal((await ask('/apis/metrics.k8s.io')).status, 200);
});

test('serves an OpenAPI document of the kinds, listed in the index', async () => {
  const { body } = await ask('/openapi/v3');
  const [[path, { serverRelativeURL }] = ['', { serverRelativeURL: '' }]] = Object.entries(
    (body as { paths: Record<string, { serverRelativeURL: string }> }).paths,
  );
  assert.equal(path, 'apis/metrics.k8s.io/v1beta1');
  const document = (await ask(serverRelativeURL)).body as { components: { schemas: Record<string, object> } };
  const text = JSON.stringify(document);
  for (const [, name = ''] of text.matchAll(/"#\/components\/schemas\/([^"]+)"/g))
    assert.ok(document.components.schemas[name], name);
});

test('rejects missing, forbidden and unsupported requests with the messages of API servers', async () => {
  const refused = async (path: string, options?: Parameters<typeof ask>[1]): Promise<string> => {
    const { body, status } = await ask(path, options);
    const { code, reason, message } = body as { code: number; reason: string; message: string };
    assert.equal(code, status);
    return `${code} ${reason}: ${message}`;
  };
  assert.equal(await refused(`${root}/nodes/n2`), '404 NotFound: nodemetrics.metrics.k8s.io "n2" not found');
  assert.equal(
    await refused(`${root}/namespaces/shop/pods/no`),
    '404 NotFound: podmetrics.metrics.k8s.io "shop/no" not found',
  );
  assert.equal(await refused(`${root}/things`), '404 NotFound: the server could not find the requested resource');
  assert.match(await refused(`${root}/nodes?watch=true`), /^405 MethodNotAllowed: /);
  assert.match(await refused(`${root}/nodes/n1`, { method: 'DELETE' }), /^405 /);
  assert.match(await refused(`${root}/pods?labelSelector=a%20b`), /^400 BadRequest: /);
  assert.match(await refused(`${root}/pods`, { accept: 'application/xml' }), /^406 NotAcceptable: /);
  assert.equal(await refused(`${root}/pods`, { allowed: false }), '403 Forbidden: no');
});
