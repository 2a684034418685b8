import assert from 'node:assert/strict';
import { createSocket } from 'node:dgram';
import { connect, isIPv6 } from 'node:net';
import { test } from 'node:test';
import { systemClock } from '@typernetes/base';
import { silentLogger } from '@typernetes/base/testing';
import { decode, encode, type Packet } from 'dns-packet';
import { forwarder, lengthPrefixed, type Upstream } from '../forward/forwarder.ts';
import { authoritative, empty } from '../plugins/query.ts';
import type { DnsRecord } from '../zone/record.ts';
import type { Servers } from './chain.ts';
import { dnsServer } from './dns-server.ts';
import { respond } from './responder.ts';

const records = (name: string, count: number): DnsRecord[] =>
  Array.from({ length: count }, (_, i) => ({ type: 'A', name, ttl: 30, data: `10.0.0.${i + 1}` }));
const known: Readonly<Record<string, readonly DnsRecord[]>> = {
  'one.cluster.local': records('one.cluster.local', 1),
  'many.cluster.local': records('many.cluster.local', 40),
};
const own: Servers = {
  answer: async (query) => {
    const answers = known[query.name];
    return { reply: answers ? authoritative(query, 'kubernetes', { code: 'NOERROR', answers }) : refused(query) };
  },
  start: async () => {},
};
const refused = (query: Parameters<typeof empty>[0]) => ({ message: empty(query, 5), by: '' });
const query = (name: string): Buffer =>
  encode({ type: 'query', id: 7, flags: 0x0100, questions: [{ type: 'A', name, class: 'IN' }] });

/** With an upstream the server has no names of its own. */
async function serving(use: (port: number) => Promise<void>, upstream?: Upstream, host = '127.0.0.1'): Promise<void> {
  const stop = new AbortController();
  const listening = Promise.withResolvers<number>();
  const { forward } = forwarder({
    servers: upstream === undefined ? [] : [upstream],
    timeoutMs: 2000,
    clock: systemClock,
  });
  const servers: Servers =
    upstream === undefined
      ? own
      : {
          ...own,
          answer: async ({ message, signal }) => ({
            reply: { message: await forward(message, signal), by: 'forward' },
          }),
        };
  const running = dnsServer({
    host,
    port: 0,
    log: silentLogger,
    answer: (received) => respond(received, { servers, port: 53, clock: systemClock }),
    onListening: listening.resolve,
  }).run(stop.signal);
  try {
    await use(await listening.promise);
  } finally {
    stop.abort();
    await running;
  }
}

function overUdp(port: number, message: Buffer, host = '127.0.0.1'): Promise<Packet> {
  const socket = createSocket(isIPv6(host) ? 'udp6' : 'udp4');
  return new Promise<Packet>((resolve, reject) => {
    socket.on('error', reject);
    socket.on('message', (answer) => resolve(decode(answer)));
    socket.send(message, port, host);
  }).finally(() => socket.close());
}

function overTcp(port: number, message: Buffer, host = '127.0.0.1'): Promise<Packet> {
  const socket = connect(port, host, () => socket.write(lengthPrefixed(message)));
  return new Promise<Packet>((resolve, reject) => {
    let received = Buffer.alloc(0);
    socket.on('error', reject);
    socket.on('data', (chunk: Buffer) => {
      received = Buffer.concat([received, chunk]);
      if (received.length > 2 && received.length >= 2 + received.readUInt16BE(0)) resolve(decode(received.subarray(2)));
    });
  }).finally(() => socket.destroy());
}

const addresses = (packet: Packet): unknown[] =>
  (packet.answers ?? []).map((answer) => ('data' in answer ? answer.data : undefined));

test('answers over UDP and TCP; large responses are truncated over UDP and complete over TCP', async () => {
  await serving(async (port) => {
    assert.deepEqual(addresses(await overUdp(port, query('one.cluster.local'))), ['10.0.0.1']);
    const truncated = await overUdp(port, query('many.cluster.local'));
    assert.equal(((truncated.flags ?? 0) & 0x0200) !== 0, true);
    assert.equal(addresses(await overTcp(port, query('many.cluster.local'))).length, 40);
  });
});

test('forwards other names, following truncation to TCP', async () => {
  await serving(async (upstream) => {
    await serving(
      async (port) => {
        const relay = (name: string) => overTcp(port, query(name));
        assert.equal(addresses(await relay('many.cluster.local')).length, 40);
      },
      { host: '127.0.0.1', port: upstream },
    );
  });
});

test('rubbish gets a format error', async () => {
  await serving(async (port) => {
    const rubbish = Buffer.concat([query('one.cluster.local').subarray(0, 14), Buffer.from([0xff, 0xff])]);
    const answer = await overUdp(port, rubbish);
    assert.equal((answer.flags ?? 0) & 0xf, 1);
  });
});

test('the wildcard address includes both families', async () => {
  await serving(
    async (port) => {
      for (const host of ['127.0.0.1', '::1'])
        for (const ask of [overUdp, overTcp])
          assert.deepEqual(addresses(await ask(port, query('one.cluster.local'), host)), ['10.0.0.1'], host);
    },
    undefined,
    '0.0.0.0',
  );
});
