import assert from 'node:assert/strict';
import { createSocket } from 'node:dgram';
import { type TestContext, test } from 'node:test';
import type { Service } from '@typernetes/api/core/v1';
import { FakeClock, silentLogger } from '@typernetes/base/testing';
import { createMetrics } from '@typernetes/process';
import { decode, encode, type Packet } from 'dns-packet';
import { texts } from '../testing/queries.ts';
import type { ClusterView } from '../zone/zone.ts';
import { dnsMetrics } from './dns-metrics.ts';
import { liveServer } from './live-server.ts';

const service: Service = {
  metadata: {
    name: 'web',
    namespace: 'default',
    uid: 'u',
    resourceVersion: '1',
    creationTimestamp: '2026-01-01T00:00:00Z',
  },
  spec: { clusterIP: '10.96.0.10', ports: [{ name: 'http', port: 80 }] } as Service['spec'],
};
const alias: Service = {
  ...service,
  spec: { type: 'ExternalName', externalName: 'db.consul.local', ports: [] } as unknown as Service['spec'],
};
const view: ClusterView = {
  service: (_namespace, name) => ({ web: service, alias })[name],
  namespaceExists: (name) => name === 'default',
  slicesOf: () => [],
  servicesByClusterIP: () => [],
  podHas: () => false,
  namespaceOfPod: () => undefined,
  endpointsByIP: () => [],
};

/** Answers every question with one address, on loopback. */
async function nameServer(t: TestContext, address: string): Promise<string> {
  const socket = createSocket('udp4');
  t.after(() => socket.close());
  socket.on('message', (message, peer) => {
    const { id, questions } = decode(message);
    const name = questions?.[0]?.name ?? '';
    const answers = [{ type: 'A' as const, name, ttl: 300, data: address }];
    socket.send(encode({ type: 'response', id, flags: 0x0180, questions, answers }), peer.port, peer.address);
  });
  await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve));
  return `127.0.0.1:${socket.address().port}`;
}

function asked(port: number, name: string, host = '127.0.0.1'): Promise<Packet> {
  const socket = createSocket('udp4');
  return new Promise<Packet>((resolve, reject) => {
    socket.on('error', reject);
    socket.on('message', (answer) => resolve(decode(answer)));
    socket.send(encode({ type: 'query', id: 7, flags: 0x0100, questions: [{ type: 'A', name }] }), port, host);
  }).finally(() => socket.close());
}

/** A server with the Corefile in `file.text`. */
async function serving(t: TestContext, file: { text: string }) {
  const clock = new FakeClock();
  const stop = new AbortController();
  const listening = Promise.withResolvers<number>();
  const lines: string[] = [];
  const metrics = createMetrics();
  let reloaded = Promise.withResolvers<boolean>();
  const running = liveServer({
    host: '127.0.0.1',
    read: () => file.text,
    file: 'Corefile',
    source: { environment: {}, imported: () => [] },
    cluster: { view: () => view, untilSynced: async () => {}, ended: async () => {} },
    clock,
    random: { next: () => 0.5 },
    log: silentLogger,
    dnsLog: (level, text) => void lines.push(`[${level}] ${text}`),
    print: (line) => void lines.push(line),
    metrics: dnsMetrics(metrics, clock),
    metricsHandler: (_request, response) => void response.end(metrics.render()),
    onListening: listening.resolve,
    onReload: (taken) => reloaded.resolve(taken),
  }).run(stop.signal);
  const end = async (): Promise<void> => {
    stop.abort();
    await running;
  };
  t.after(end);
  const port = await Promise.race([listening.promise, running.then(() => 0)]);
  return {
    port,
    lines,
    clock,
    stop,
    running,
    metrics,
    /** Whether the current file was accepted. */
    async reload(): Promise<boolean> {
      reloaded = Promise.withResolvers<boolean>();
      await clock.advance(2000);
      return reloaded.promise;
    },
  };
}

test('an edited Corefile replaces the previous one, an invalid one does not', async (t) => {
  const upstream = await nameServer(t, '192.0.2.1');
  const consul = await nameServer(t, '10.150.0.7');
  const base = `.:0 {
    errors
    kubernetes cluster.local {
      ttl 30
    }
    forward . ${upstream}
    cache 30
    reload 2s 1s
}
`;
  const file = { text: base };
  const server = await serving(t, file);
  const names = ['web.default.svc.cluster.local', 'db.consul.local', 'alias.default.svc.cluster.local'];
  const all = async (): Promise<string[]> =>
    (await Promise.all(names.map((name) => asked(server.port, name)))).flatMap(texts);
  assert.deepEqual(await all(), [
    'A web.default.svc.cluster.local "10.96.0.10"',
    'A db.consul.local "192.0.2.1"',
    'CNAME alias.default.svc.cluster.local "db.consul.local"',
    'A db.consul.local "192.0.2.1"',
  ]);

  file.text = `${base}consul.local:0 {
    errors
    cache 30
    forward . ${consul}
}
`;
  assert.equal(await server.reload(), true);
  assert.deepEqual(await all(), [
    'A web.default.svc.cluster.local "10.96.0.10"',
    'A db.consul.local "10.150.0.7"',
    'CNAME alias.default.svc.cluster.local "db.consul.local"',
    'A db.consul.local "10.150.0.7"',
  ]);
  assert.deepEqual(
    server.lines.filter((line) => !line.includes('SHA512')),
    ['.:0', '[INFO] Reloading', '.:0', 'consul.local.:0', '[INFO] Reloading complete'],
  );

  server.lines.length = 0;
  file.text = file.text.replace('    cache 30\n    forward', '    cash 30\n    forward');
  assert.equal(await server.reload(), false);
  assert.deepEqual(server.lines, [
    '[INFO] Reloading',
    "[ERROR] plugin/reload: Corefile changed but reload failed: Corefile:12 - Error during parsing: Unknown directive 'cash'",
  ]);
  assert.equal((await all())[1], 'A db.consul.local "10.150.0.7"');
  assert.match(server.metrics.render(), /^coredns_reload_failed_total 1$/m);

  file.text = '.:0 {\n  hosts {\n    10.1.2.3 db.consul.local\n  }\n  log\n  reload 2s\n}\n';
  assert.equal(await server.reload(), true);
  assert.deepEqual(texts(await asked(server.port, 'db.consul.local')), ['A db.consul.local "10.1.2.3"']);
  assert.match(
    server.lines.at(-1) ?? '',
    /^\[INFO\] 127\.0\.0\.1:\d+ - 7 "A IN db\.consul\.local\. udp 33 false 512" NOERROR qr,aa,rd,ra /,
  );
});

test('an invalid first Corefile ends the program, names outside all zones are refused', async (t) => {
  const wrong = liveServer({
    ...({} as Parameters<typeof liveServer>[0]),
    read: () => '. {\n  proxy . 8.8.8.8\n}\n',
    file: '/etc/coredns/Corefile',
    source: { environment: {}, imported: () => [] },
    clock: new FakeClock(),
  }).run(new AbortController().signal);
  await assert.rejects(wrong, {
    name: 'CorefileError',
    message: "/etc/coredns/Corefile:2 - Error during parsing: Unknown directive 'proxy'",
  });
  const server = await serving(t, { text: 'example.org:0 {\n  hosts {\n    10.1.2.3 example.org\n  }\n}\n' });
  assert.equal(((await asked(server.port, 'example.com')).flags ?? 0) & 0x0f, 5);
});

test('queries are answered for a while after the program is told to stop', async (t) => {
  const text = '.:0 {\n  hosts {\n    10.1.2.3 example.org\n  }\n  health 127.0.0.1:0 {\n    lameduck 5s\n  }\n}\n';
  const server = await serving(t, { text });
  server.stop.abort();
  while (!server.lines.some((line) => line.includes('lameduck'))) await new Promise((resolve) => setImmediate(resolve));
  assert.deepEqual(texts(await asked(server.port, 'example.org')), ['A example.org "10.1.2.3"']);
  await server.clock.advance(5000);
  await server.running;
  assert.equal(server.lines.at(-1), '[INFO] plugin/health: Going into lameduck mode for 5s');
});

test('a block that is bound to an address is served there', async (t) => {
  const server = await serving(t, { text: '.:0 {\n  bind 127.0.0.2\n  whoami\n}\n' });
  const { additionals = [] } = await asked(server.port, 'a.example', '127.0.0.2');
  assert.deepEqual(
    additionals.map(({ type, name }) => [type, name]),
    [
      ['A', 'a.example'],
      ['SRV', '_udp.a.example'],
    ],
  );
  assert.deepEqual(server.lines, ['.:0 on 127.0.0.2']);
  assert.match(server.metrics.render(), /coredns_dns_requests_total\{[^}]*server="dns:\/\/127\.0\.0\.2:0"/);
});
