import assert from 'node:assert/strict';
import type { IncomingMessage } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import type { TLSSocket } from 'node:tls';
import { type APIService, apiservices } from '@typernetes/api/apiregistration/v1';
import { type Service, services } from '@typernetes/api/core/v1';
import { silentLogger } from '@typernetes/base/testing';
import { type ApiClient, readBody, restClient } from '@typernetes/client';
import { type Draft, findCondition } from '@typernetes/machinery';
import { createAuthority, createLeaf } from '@typernetes/pki';
import { MemoryStore } from '@typernetes/store';
import { loopbackUser } from '../server/api-server.ts';
import { plainServer } from '../testing/plain-server.ts';

const validity = { notBefore: Date.UTC(2020, 0), notAfter: Date.UTC(2090, 0) };

interface Seen {
  readonly url: string;
  readonly headers: IncomingMessage['headers'];
  readonly client: string | undefined;
}

interface Extension {
  readonly port: number;
  readonly ca: string;
  readonly seen: Seen[];
  /** The response to every request, if set. */
  readonly fail: { status?: number | undefined };
}

/** An API server with one group, on loopback, which reports the user of each request. */
async function withExtension(run: (client: ApiClient, extension: Extension) => Promise<void>): Promise<void> {
  const ca = await createAuthority({ commonName: 'extension', ...validity });
  const serving = await createLeaf(ca, {
    commonName: 'wardle',
    ...validity,
    dnsNames: ['wardle.default.svc'],
    usages: ['digital signature', 'server auth'],
  });
  const proxy = await createLeaf(ca, {
    commonName: 'front-proxy',
    ...validity,
    usages: ['digital signature', 'client auth'],
  });
  const seen: Seen[] = [];
  const fail: Extension['fail'] = {};
  const extension = createServer(
    {
      cert: serving.certificate,
      key: serving.privateKey,
      ca: ca.certificate,
      requestCert: true,
      rejectUnauthorized: true,
    },
    (request, response) => {
      const client = (request.socket as TLSSocket).getPeerCertificate().subject?.CN;
      seen.push({
        url: request.url ?? '',
        headers: request.headers,
        client: typeof client === 'string' ? client : undefined,
      });
      if (fail.status !== undefined) {
        response.writeHead(fail.status).end();
        return;
      }
      const documents: Record<string, unknown> = {
        '/apis/wardle.example.com/v1': {
          kind: 'APIResourceList',
          apiVersion: 'v1',
          groupVersion: 'wardle.example.com/v1',
          resources: [
            { name: 'flunders', singularName: 'flunder', namespaced: true, kind: 'Flunder', verbs: ['get', 'list'] },
          ],
        },
        '/openapi/v3': {
          paths: {
            'apis/wardle.example.com/v1': { serverRelativeURL: '/openapi/v3/apis/wardle.example.com/v1?hash=AB' },
          },
        },
      };
      if (request.url?.includes('elsewhere')) {
        response.writeHead(302, { location: 'https://example.com/' });
        response.end();
        return;
      }
      const document =
        documents[request.url ?? ''] ??
        (request.url?.includes('flunders') ? { kind: 'FlunderList', items: [] } : undefined);
      response.writeHead(document ? 200 : 404, { 'content-type': 'application/json' });
      response.end(JSON.stringify(document ?? {}));
    },
  );
  await new Promise<void>((resolve) => extension.listen(0, '127.0.0.1', resolve));
  const { port } = extension.address() as AddressInfo;
  const store = new MemoryStore();
  const server = await plainServer(store, silentLogger, {
    proxyClient: { cert: proxy.certificate, key: proxy.privateKey },
    resolve: () => ({ host: '127.0.0.1', port }),
  });
  try {
    await run(restClient(server.transport(loopbackUser)), { port, ca: ca.certificate, seen, fail });
  } finally {
    await server.close();
    await store.close();
    extension.closeAllConnections();
    await new Promise((resolve) => extension.close(resolve));
  }
}

async function eventually<T>(look: () => Promise<T | undefined>): Promise<T> {
  for (let i = 0; ; i++) {
    const found = await look();
    if (found !== undefined) return found;
    if (i > 1000) throw new Error('It never came');
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

const name = 'v1.wardle.example.com';
const apiService = (caBundle: string): Draft<APIService> =>
  ({
    metadata: { name },
    spec: {
      group: 'wardle.example.com',
      version: 'v1',
      service: { namespace: 'default', name: 'wardle' },
      caBundle: Buffer.from(caBundle).toString('base64'),
      groupPriorityMinimum: 1000,
      versionPriority: 15,
    },
  }) as Draft<APIService>;

async function conditionOf(client: ApiClient, wanted: string): Promise<{ status: string; message?: string }> {
  return await eventually(async () => {
    const found = findCondition((await client.resource(apiservices).get({ name })).status?.conditions, 'Available');
    return found?.reason === wanted ? found : undefined;
  });
}

async function read(client: ApiClient, path: string, headers: Record<string, string> = {}) {
  const response = await client.transport.request({ method: 'GET', path, headers });
  const text = Buffer.from(await readBody(response)).toString();
  return { status: response.status, text, json: () => JSON.parse(text) as Record<string, never> };
}

test("this server's own groups are local APIServices", () =>
  withExtension(async (client) => {
    const local = await eventually(async () => {
      const found = await client
        .resource(apiservices)
        .get({ name: 'v1.apps' })
        .catch(() => undefined);
      return found?.status?.conditions?.length ? found : undefined;
    });
    assert.deepEqual(local.spec, { group: 'apps', version: 'v1', groupPriorityMinimum: 17800, versionPriority: 15 });
    assert.equal(local.metadata.labels?.['kube-aggregator.kubernetes.io/automanaged'], 'onstart');
    const { lastTransitionTime: _time, ...condition } = findCondition(local.status?.conditions, 'Available') ?? {};
    assert.deepEqual(condition, {
      type: 'Available',
      status: 'True',
      reason: 'Local',
      message: 'Local APIServices are always available',
    });
  }));

test('an APIService without a Service names a group that nobody serves', () =>
  withExtension(async (client) => {
    const spec = { group: 'nobody.example.com', version: 'v1', groupPriorityMinimum: 1000, versionPriority: 15 };
    await client.resource(apiservices).create({ metadata: { name: 'v1.nobody.example.com' }, spec });
    const found = await eventually(async () => {
      const group = await read(client, '/apis/nobody.example.com');
      return group.status === 200 ? group.json() : undefined;
    });
    assert.deepEqual(found.versions, [{ groupVersion: 'nobody.example.com/v1', version: 'v1' }]);
    assert.match((await read(client, '/apis')).text, /nobody\.example\.com/);
    assert.equal((await read(client, '/apis/nobody.example.com/v1')).status, 404);
    await client.resource(apiservices).delete({ name: 'v1.nobody.example.com' });
    await eventually(async () => (await read(client, '/apis/nobody.example.com')).status === 404 || undefined);
  }));

test('an API server behind a Service is checked, discovered and called in the name of the user', () =>
  withExtension(async (client, { ca, seen }) => {
    await client.resource(apiservices).create(apiService(ca));
    const missing = await conditionOf(client, 'ServiceNotFound');
    assert.equal(missing.message, 'service/wardle in "default" is not present');
    assert.deepEqual(
      await read(client, '/apis/wardle.example.com/v1/flunders').then(({ status, text }) => [status, text]),
      [503, 'service unavailable\n'],
    );

    await client.resource(services).create({
      metadata: { name: 'wardle', namespace: 'default' },
      spec: { type: 'ExternalName', externalName: 'wardle.example.com' },
    } as Draft<Service>);
    assert.equal((await conditionOf(client, 'Passed')).message, 'all checks passed');

    const claims = { 'x-remote-user': 'somebody-else', 'x-remote-group': 'others' };
    const answer = await read(client, '/apis/wardle.example.com/v1/namespaces/default/flunders?limit=5', claims);
    assert.deepEqual([answer.status, answer.json()], [200, { kind: 'FlunderList', items: [] }]);
    const asked = seen.find(({ url }) => url.includes('flunders'));
    assert.equal(asked?.url, '/apis/wardle.example.com/v1/namespaces/default/flunders?limit=5');
    assert.deepEqual(
      [asked?.headers['x-remote-user'], asked?.headers['x-remote-group']],
      ['system:apiserver', 'system:masters, system:authenticated'],
    );
    assert.equal(asked?.client, 'front-proxy');

    const redirected = await read(client, '/apis/wardle.example.com/v1/elsewhere');
    assert.deepEqual(
      [redirected.status, redirected.text],
      [502, 'the backend attempted to redirect this request, which is not permitted'],
    );
    assert.match(String(seen.find(({ url }) => url === '/apis')?.headers.accept), /as=APIGroupDiscoveryList/);

    const groups = (await read(client, '/apis')).text;
    assert.match(groups, /"wardle.example.com"/);
    const accept = 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList';
    assert.match((await read(client, '/apis', { accept })).text, /"resource":"flunders"/);
    assert.match(
      (await read(client, '/openapi/v3')).text,
      /"apis\/wardle.example.com\/v1":\{"serverRelativeURL":"\/openapi\/v3\/apis\/wardle.example.com\/v1\?hash=AB"/,
    );

    await client.resource(apiservices).delete({ name });
    await eventually(async () =>
      (await read(client, '/apis/wardle.example.com/v1')).status === 404 ? true : undefined,
    );
  }));

const external = {
  metadata: { name: 'wardle', namespace: 'default' },
  spec: { type: 'ExternalName', externalName: 'wardle.example.com' },
} as Draft<Service>;
const aggregated = { accept: 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList' };

interface Discovered {
  readonly items: readonly {
    readonly metadata: { readonly name: string };
    readonly versions: readonly { readonly freshness: string; readonly resources?: readonly { resource: string }[] }[];
  }[];
}

/** How fresh the known discovery data of the extension is, and its resources. */
async function discovered(client: ApiClient): Promise<readonly unknown[]> {
  const { items } = JSON.parse((await read(client, '/apis', aggregated)).text) as Discovered;
  const found = items.find(({ metadata }) => metadata.name === 'wardle.example.com')?.versions[0];
  return [found?.freshness, found?.resources?.map(({ resource }) => resource)];
}

test('a server with an untrusted certificate counts as available, but gets no requests', () =>
  withExtension(async (client) => {
    const other = await createAuthority({ commonName: 'other', ...validity });
    await client.resource(services).create(external);
    await client.resource(apiservices).create(apiService(other.certificate));
    await conditionOf(client, 'Passed');
    const { status, text } = await read(client, '/apis/wardle.example.com/v1/flunders');
    assert.deepEqual(
      [status, text],
      [
        503,
        'error trying to reach service: tls: failed to verify certificate: x509: certificate signed by unknown authority\n',
      ],
    );
    assert.deepEqual(await discovered(client), ['Stale', undefined]);
  }));

test('a server that is gone is unavailable, and its discovery data stays known', () =>
  withExtension(async (client, { port, ca, fail }) => {
    await client.resource(services).create(external);
    await client.resource(apiservices).create(apiService(ca));
    await conditionOf(client, 'Passed');
    assert.deepEqual(await discovered(client), ['Current', ['flunders']]);
    const url = `https://127.0.0.1:${port}/apis/wardle.example.com/v1`;
    // A change has it looked at again.
    const look = () =>
      client
        .resource(services)
        .patch(external.metadata as never, { metadata: { labels: { a: 'b' } } }, { type: 'merge' });
    fail.status = 403;
    await look();
    const { status, message } = await conditionOf(client, 'FailedDiscoveryCheck');
    assert.deepEqual(
      [status, message],
      ['False', `failing or missing response from ${url}: bad status from ${url}: 403`],
    );
    assert.deepEqual(await discovered(client), ['Stale', ['flunders']]);
    assert.equal((await read(client, '/apis/wardle.example.com/v1/flunders')).text, 'service unavailable\n');
    fail.status = undefined;
    await conditionOf(client, 'Passed');
    assert.deepEqual(await discovered(client), ['Current', ['flunders']]);
  }));

test('a bundle without an authority leaves a server available, and nothing is handed on to it', () =>
  withExtension(async (client, { seen }) => {
    await client.resource(services).create(external);
    await client.resource(apiservices).create(apiService('no bundle'));
    await conditionOf(client, 'Passed');
    const { status, text } = await read(client, '/apis/wardle.example.com/v1/flunders');
    assert.deepEqual([status, text], [500, 'unable to load root certificates: unable to parse bytes as PEM block\n']);
    assert.equal(
      seen.some(({ url }) => url.includes('flunders')),
      false,
    );
  }));
