import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer as createHttpServer } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { validatingwebhookconfigurations } from '@typernetes/api/admissionregistration/v1';
import { apiservices } from '@typernetes/api/apiregistration/v1';
import { configmaps, nodes, pods, serviceaccounts, services } from '@typernetes/api/core/v1';
import { endpointslices } from '@typernetes/api/discovery/v1';
import { apiServerFlags, completeConfig, openEgress, openStore } from '@typernetes/apiserver';
import { silentLogger } from '@typernetes/base/testing';
import { readBody, type Transport } from '@typernetes/client';
import { createMetrics, parseFlags } from '@typernetes/process';
import { eventually, withRestartableApi } from './api.ts';
import { type EgressProxyServer, type Routes, startConnectProxy, startKonnectivity } from './egress-proxies.ts';
import { startEtcd } from './etcd-server.ts';
import { loopbackCertificates } from './loopback-certificates.ts';
import { withTlsHook } from './tls-hook.ts';

const folder = mkdtempSync(join(tmpdir(), 'egress-'));
after(() => rmSync(folder, { recursive: true, force: true }));
const file = (name: string, text: string): string => {
  writeFileSync(join(folder, name), text);
  return join(folder, name);
};
let files = 0;

/** An egress configuration with connections given as one-line YAML, by name. */
const configuration = (connections: Readonly<Record<string, string>>): string =>
  file(
    `egress-${++files}.yaml`,
    `apiVersion: apiserver.k8s.io/v1beta1
kind: EgressSelectorConfiguration
egressSelections:
${Object.entries(connections)
  .map(([name, connection]) => `- name: ${name}\n  connection: ${connection}\n`)
  .join('')}`,
  );
const connectBy = (transport: string): string => `{ proxyProtocol: HTTPConnect, transport: { ${transport} } }`;
const overTcp = (port: number): string => connectBy(`tcp: { url: "http://127.0.0.1:${port}" }`);

/** Starts an echo server that ends with the tests. */
async function echo(): Promise<number> {
  const server = createServer((socket) => socket.pipe(socket).on('error', () => undefined));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  after(() => server.close());
  return (server.address() as AddressInfo).port;
}

function received(socket: Socket, length: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let got = 0;
  return new Promise((resolve, reject) => {
    const take = (chunk: Buffer): void => {
      chunks.push(chunk);
      got += chunk.length;
      if (got >= length) socket.off('data', take);
      if (got >= length) resolve(Buffer.concat(chunks));
    };
    socket.on('data', take).once('error', reject);
  });
}

/** For each kind of proxy: its configuration, and how to start it. */
const certificates = await loopbackCertificates({ notBefore: Date.now() - 60_000, notAfter: Date.now() + 3_600_000 });
const { ca, serving, admin } = certificates;
const pem = {
  ca: file('ca.crt', ca.certificate),
  cert: file('client.crt', admin.certificate),
  key: file('client.key', admin.privateKey),
};
const kinds: readonly {
  readonly labels: string;
  readonly refused: RegExp;
  start(routes: Routes): Promise<{ readonly proxy: EgressProxyServer; readonly connection: string }>;
}[] = [
  {
    labels: 'protocol="http_connect",transport="tcp"',
    refused: /^proxy error from 127\.0\.0\.1:\d+ while dialing nobody:1, code 403: 403 Forbidden$/,
    async start(routes) {
      const proxy = await startConnectProxy(routes);
      return { proxy, connection: overTcp(proxy.port) };
    },
  },
  {
    labels: 'protocol="http_connect",transport="tcp"',
    refused: /^proxy error from 127\.0\.0\.1:\d+ while dialing nobody:1, code 403/,
    async start(routes) {
      const tls = { cert: serving.certificate, key: serving.privateKey, ca: ca.certificate };
      const proxy = await startConnectProxy(routes, { tls });
      const shown = `{ caBundle: ${pem.ca}, clientCert: ${pem.cert}, clientKey: ${pem.key} }`;
      return {
        proxy,
        connection: connectBy(`tcp: { url: "https://127.0.0.1:${proxy.port}", tlsConfig: ${shown} }`),
      };
    },
  },
  {
    labels: 'protocol="http_connect",transport="uds"',
    refused: /^proxy error from \/.*connect\.sock while dialing nobody:1, code 403/,
    async start(routes) {
      const path = join(folder, 'connect.sock');
      return { proxy: await startConnectProxy(routes, { path }), connection: connectBy(`uds: { udsName: ${path} }`) };
    },
  },
  {
    labels: 'protocol="grpc",transport="uds"',
    refused: /^no agent for nobody:1$/,
    async start(routes) {
      const path = join(folder, 'konnectivity.sock');
      return {
        proxy: await startKonnectivity(routes, path),
        connection: `{ proxyProtocol: GRPC, transport: { uds: { udsName: ${path} } } }`,
      };
    },
  },
];

for (const { labels, refused, start } of kinds)
  test(`connects through a proxy (${labels})`, async () => {
    const port = await echo();
    const { proxy, connection } = await start((place) => (place.startsWith('echo.example:') ? port : undefined));
    const metrics = createMetrics();
    const egress = await openEgress(configuration({ cluster: connection, etcd: '{ proxyProtocol: Direct }' }), {
      metrics,
      log: silentLogger,
    });
    assert.ok(egress);
    try {
      assert.equal(egress.dial('etcd'), undefined);
      assert.equal(egress.dial('controlplane'), undefined);
      const dial = egress.dial('cluster');
      assert.ok(dial);
      const [first, second] = await Promise.all([1, 2].map((one) => dial({ host: 'echo.example', port: one })));
      assert.ok(first && second);
      const sent = randomBytes(3_000_000);
      const answer = received(first, sent.length);
      first.write(sent);
      // A connection that is not read does not block others.
      second.write(randomBytes(3_000_000));
      assert.ok(sent.equals(await answer));
      const closed = new Promise((resolve) => first.once('close', resolve));
      first.end();
      first.resume();
      await closed;
      second.destroy();
      await assert.rejects(dial({ host: 'nobody', port: 1 }), { message: refused });
      const text = metrics.render();
      assert.ok(text.includes(`apiserver_egress_dialer_dial_start_total{${labels}} 3\n`), text);
      assert.ok(text.includes(`apiserver_egress_dialer_dial_duration_seconds_count{${labels}} 2\n`), text);
      const failed = (stage: string): RegExp =>
        new RegExp(`dial_failure_count\\{(?=[^}]*stage="${stage}")[^}]*\\} 1\\n`);
      assert.match(text, failed('proxy'));
      await proxy.close();
      await assert.rejects(dial({ host: 'echo.example', port: 3 }));
      assert.match(metrics.render(), failed('connect'));
    } finally {
      egress.close();
      await proxy.close().catch(() => undefined);
    }
  });

test('reports invalid configurations', async () => {
  const open = (path: string) => openEgress(path, { metrics: createMetrics(), log: silentLogger });
  await assert.rejects(open('/nowhere.yaml'), {
    message: /^failed to read egress selector config: unable to read egress selector configuration from "\/nowhere/,
  });
  const torn = file('torn.crt', 'no certificate');
  const tls = `{ clientCert: ${torn}, clientKey: ${pem.key} }`;
  await assert.rejects(open(configuration({ etcd: connectBy(`tcp: { url: "https://a:1", tlsConfig: ${tls} }`) })), {
    message: /^failed to create dialer for egressSelection "etcd": /,
  });
});

async function text(transport: Transport, path: string, method = 'GET'): Promise<string> {
  return Buffer.from(await readBody(await transport.request({ method, path }))).toString();
}

test('reaches kubelets, pods, webhooks and API servers behind Services through the proxy', async () => {
  // This one server stands for all of them: it records the name under which it was called.
  const backend = createHttpsServer({ cert: serving.certificate, key: serving.privateKey }, (request, response) => {
    if (request.url === '/apis/example.com/v1') return void response.end('{"resources":[]}');
    response.end(`${request.method} ${request.url} of ${request.headers.host}`);
  });
  backend.on('upgrade', (request, socket) => {
    socket.end(`HTTP/1.1 101 Switching\r\nConnection: Upgrade\r\nUpgrade: SPDY/3.1\r\n\r\n${request.url}`);
  });
  await new Promise<void>((resolve) => backend.listen(0, '127.0.0.1', resolve));
  const { port } = backend.address() as AddressInfo;
  const plain = createHttpServer((request, response) => void response.end(`plain ${request.url}`));
  await new Promise<void>((resolve) => plain.listen(0, '127.0.0.1', resolve));
  const { port: plainPort } = plain.address() as AddressInfo;
  for (const start of [kinds[0]?.start, kinds[3]?.start]) {
    let hookPort = 0;
    const hooks: string[] = ['192.0.2.50:443', 'hook.example:443'];
    const route: Routes = (place) => (hooks.includes(place) ? hookPort : place.endsWith(':8081') ? plainPort : port);
    const cluster = await start?.(route);
    const controlPlane = await startConnectProxy(route);
    assert.ok(cluster);
    const flag = `--egress-selector-config-file=${configuration({
      cluster: cluster.connection,
      controlplane: overTcp(controlPlane.port),
    })}`;
    const named = (place: string) => cluster.proxy.asked.filter((one) => one.endsWith(place)).length;
    await withRestartableApi(
      async ({ client, transport }) => {
        await client.resource(nodes).create({ metadata: { name: 'n' }, spec: {} });
        await client.resource(nodes).updateStatus({
          ...(await client.resource(nodes).get({ name: 'n' })),
          status: { addresses: [{ type: 'InternalIP', address: '192.0.2.7' }] },
        });
        await client.resource(serviceaccounts).create({ metadata: { name: 'default', namespace: 'default' } });
        const metadata = { name: 'p', namespace: 'default' };
        const made = await client.resource(pods).create({
          metadata,
          spec: { nodeName: 'n', containers: [{ name: 'c', image: 'i', ports: [{ containerPort: 8080 }] }] },
        });
        await client.resource(pods).updateStatus({
          ...made,
          status: { podIP: '192.0.2.9', podIPs: [{ ip: '192.0.2.9' }] },
        });
        const logs = await text(transport, '/api/v1/namespaces/default/pods/p/log?container=c');
        assert.equal(logs, 'GET /containerLogs/default/p/c of 192.0.2.7:10250');
        const page = await text(transport, '/api/v1/namespaces/default/pods/https:p:/proxy/index');
        assert.equal(page, 'GET /index of 192.0.2.9:8080');
        assert.equal(await text(transport, '/api/v1/namespaces/default/pods/p:8081/proxy/x'), 'plain /x');
        assert.deepEqual([named('192.0.2.7:10250'), named('192.0.2.9:8080')], [1, 1]);

        await client.resource(services).create({
          metadata: { name: 'hook', namespace: 'default' },
          spec: { ports: [{ port: 443 }] },
        });
        await client.resource(endpointslices).create({
          metadata: { name: 'hook', namespace: 'default', labels: { 'kubernetes.io/service-name': 'hook' } },
          addressType: 'IPv4',
          ports: [{ port: 443 }],
          endpoints: [{ addresses: ['192.0.2.50'] }],
        });
        const allow = (review: unknown) => {
          const { apiVersion, request } = review as { apiVersion: string; request: { uid: string } };
          return { apiVersion, kind: 'AdmissionReview', response: { uid: request.uid, allowed: true } };
        };
        await withTlsHook(allow, async (hook) => {
          hookPort = hook.port;
          const common = {
            sideEffects: 'None' as const,
            admissionReviewVersions: ['v1'],
            rules: [{ operations: ['CREATE'], apiGroups: [''], apiVersions: ['v1'], resources: ['configmaps'] }],
          };
          await client.resource(validatingwebhookconfigurations).create({
            metadata: { name: 'hooks' },
            webhooks: [
              {
                ...common,
                name: 'service.example.com',
                clientConfig: { service: { namespace: 'default', name: 'hook' }, caBundle: hook.caBundle },
              },
              {
                ...common,
                name: 'url.example.com',
                // The names of its certificate are in the Subject Alternative Names.
                clientConfig: { url: `https://127.0.0.1:443/`, caBundle: hook.caBundle },
              },
            ],
          });
          hooks.push('127.0.0.1:443');
          await eventually(async () => {
            await client.resource(configmaps).create({ metadata: { generateName: 'c-', namespace: 'default' } });
            return (named('192.0.2.50:443') > 0 && controlPlane.asked.includes('127.0.0.1:443')) || undefined;
          });
          assert.ok(!cluster.proxy.asked.some((one) => one.endsWith('127.0.0.1:443')));
        });

        hooks.length = 0;
        await client.resource(apiservices).create({
          metadata: { name: 'v1.example.com' },
          spec: {
            group: 'example.com',
            version: 'v1',
            groupPriorityMinimum: 100,
            versionPriority: 1,
            insecureSkipTLSVerify: true,
            service: { namespace: 'default', name: 'hook', port: 443 },
          },
        });
        const handed = await eventually(async () => {
          const answer = await text(transport, '/apis/example.com/v1/things');
          return answer.startsWith('GET /apis') ? answer : undefined;
        });
        assert.match(handed, /^GET \/apis\/example\.com\/v1\/things/);
      },
      [flag, '--kubelet-preferred-address-types=InternalIP'],
    );
    await cluster.proxy.close();
    await controlPlane.close();
  }
  plain.closeAllConnections();
  plain.close();
  backend.closeAllConnections();
  await new Promise((resolve) => backend.close(resolve));
});

test('reaches etcd through the proxy', async () => {
  const etcd = await startEtcd({ tls: true });
  const real = Number(etcd.endpoint.split(':').at(-1));
  const proxy = await startConnectProxy((place) => (place === '127.0.0.1:2379' ? real : undefined));
  const { flags } = parseFlags(apiServerFlags, [
    '--etcd-servers=https://127.0.0.1:2379',
    `--etcd-cafile=${etcd.tls?.files.ca}`,
    `--etcd-certfile=${etcd.tls?.files.cert}`,
    `--etcd-keyfile=${etcd.tls?.files.key}`,
    `--egress-selector-config-file=${configuration({ etcd: overTcp(proxy.port) })}`,
  ]);
  const config = completeConfig(flags, { defaultAddress: () => '127.0.0.1' });
  const egress = await openEgress(config.egressFile, { metrics: createMetrics(), log: silentLogger });
  const store = await openStore(config, { egress });
  const stop = new AbortController();
  try {
    const from = await store.currentRevision();
    const seen: string[] = [];
    const watching = (async () => {
      for await (const { events } of store.watch('/registry/', from, stop.signal)) {
        seen.push(...events.map(({ key }) => key));
        if (seen.length > 0) return;
      }
    })();
    const made = await store.commit({ key: '/registry/a', value: Buffer.from('1'), expectedRevision: 0 });
    assert.ok(made.ok);
    await watching;
    assert.deepEqual(seen, ['/registry/a']);
    assert.ok(proxy.asked.length > 0);
    assert.ok(proxy.asked.every((place) => place === '127.0.0.1:2379'));
  } finally {
    stop.abort();
    await store.close();
    egress?.close();
    await proxy.close();
    await etcd.remove();
  }
});
