/** Cluster DNS with a forward over TLS. */
import assert from 'node:assert/strict';
import { createSocket } from 'node:dgram';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { createServer } from 'node:tls';
import { systemClock, systemRandom } from '@typernetes/base';
import { silentLogger } from '@typernetes/base/testing';
import { dnsMetrics, liveServer } from '@typernetes/cluster-dns';
import { createAuthority, createLeaf } from '@typernetes/pki';
import { createMetrics } from '@typernetes/process';

const validity = { notBefore: Date.UTC(2020, 0), notAfter: Date.UTC(2090, 0) };
/** A query for the addresses of `a.example`, and the offset of the response code. */
const query = Buffer.from('0007010000010000000000000161076578616d706c650000010001', 'hex');
const codeAt = 3;

test('forwards over TLS to a server, whose certificate must have the name in the Corefile', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'dns-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const authority = await createAuthority({ commonName: 'ca', ...validity });
  writeFileSync(join(folder, 'ca.crt'), authority.certificate);
  const { certificate: cert, privateKey: key } = await createLeaf(authority, {
    commonName: 'dns',
    dnsNames: ['dns.example'],
    usages: ['server auth'],
    ...validity,
  });
  // It answers every query with the query itself.
  const server = createServer({ cert, key }, (socket) => socket.on('error', () => {}).pipe(socket));
  server.on('tlsClientError', () => {});
  t.after(() => server.close());
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;

  const codeOf = async (name: string): Promise<number> => {
    const stop = new AbortController();
    const listening = Promise.withResolvers<number>();
    const text = `.:0 {\n  forward . tls://127.0.0.1%${name}:${port} {\n    tls ${join(folder, 'ca.crt')}\n  }\n}\n`;
    const running = liveServer({
      host: '127.0.0.1',
      read: () => text,
      file: 'Corefile',
      source: { environment: {}, imported: () => [] },
      cluster: {
        view: () => {
          throw new Error('nobody asks for the cluster');
        },
        untilSynced: async () => {},
        ended: async () => {},
      },
      clock: systemClock,
      random: systemRandom,
      log: silentLogger,
      dnsLog: () => {},
      print: () => {},
      metrics: dnsMetrics(createMetrics(), systemClock),
      metricsHandler: (_request, response) => void response.end(),
      onListening: listening.resolve,
    }).run(stop.signal);
    const socket = createSocket('udp4');
    try {
      const own = await Promise.race([listening.promise, running.then(() => 0)]);
      const answer = await new Promise<Buffer>((resolve, reject) => {
        socket.on('error', reject).on('message', resolve);
        socket.send(query, own, '127.0.0.1');
      });
      return (answer[codeAt] ?? 0) & 0x0f;
    } finally {
      socket.close();
      stop.abort();
      await running;
    }
  };
  assert.deepEqual([await codeOf('dns.example'), await codeOf('other.example')], [0, 2]);
});
