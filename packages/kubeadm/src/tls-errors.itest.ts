import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:https';
import { test } from 'node:test';
import { createAuthority, createLeaf } from '@typernetes/pki';
import { systemHost } from './system-host.ts';

const day = 24 * 3_600_000;
const now = Date.now();
const ca = await createAuthority({ commonName: 'kubernetes', notBefore: now - 9 * day, notAfter: now + 9 * day });
const { network } = systemHost({});

/** The error of a request to a server with this certificate. */
async function answerOf(of: { from: number; to: number; address: string; ca?: string }): Promise<string> {
  const { certificate, privateKey } = await createLeaf(ca, {
    commonName: 'kube-apiserver',
    ipAddresses: [of.address],
    usages: ['server auth'],
    notBefore: now + of.from * day,
    notAfter: now + of.to * day,
  });
  const server = createServer({ cert: certificate, key: privateKey }, (_request, response) => response.end('ok'));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  try {
    const { body } = await network.get(`https://127.0.0.1:${port}/livez`, { ca: of.ca ?? ca.certificate });
    return body;
  } catch (error) {
    return (error as Error).message;
  } finally {
    server.close();
  }
}

test("certificate errors have Go's messages", async () => {
  const address = '127.0.0.1';
  assert.equal(await answerOf({ from: -1, to: 1, address }), 'ok');
  const time = String.raw`\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ`;
  const dates = String.raw`^Get "https://127\.0\.0\.1:\d+/livez": tls: failed to verify certificate: x509: certificate has expired or is not yet valid: current time ${time} is`;
  assert.match(await answerOf({ from: -2, to: -1, address }), new RegExp(`${dates} after ${time}$`));
  assert.match(await answerOf({ from: 1, to: 2, address }), new RegExp(`${dates} before ${time}$`));
  assert.match(
    await answerOf({ from: -1, to: 1, address: '10.0.0.9' }),
    /x509: certificate is valid for 10\.0\.0\.9, not 127\.0\.0\.1$/,
  );
  const other = await createAuthority({ commonName: 'other', notBefore: now - day, notAfter: now + day });
  assert.match(
    await answerOf({ from: -1, to: 1, address, ca: other.certificate }),
    /x509: certificate signed by unknown authority$/,
  );
});

test('names a port on which nothing listens', async () => {
  const server = createServer({});
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  await assert.rejects(network.get(`https://127.0.0.1:${port}/`), {
    message: `Get "https://127.0.0.1:${port}/": dial tcp 127.0.0.1:${port}: connect: connection refused`,
  });
});
