import assert from 'node:assert/strict';
import { createSecureServer } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import { systemClock } from '@typernetes/base';
import { httpTransport, readBody } from '@typernetes/client';
import { loopbackCertificates } from './loopback-certificates.ts';

test('a client can read over HTTP/2 and write over HTTP/1.1', async () => {
  const now = systemClock.now();
  const { ca, serving } = await loopbackCertificates({ notBefore: now - 60_000, notAfter: now + 3_600_000 });
  const material = { cert: serving.certificate, key: serving.privateKey, allowHTTP1: true };
  const server = createSecureServer(material, (request, response) => response.end(request.httpVersion));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  try {
    for (const [http2, expected] of [
      [false, ['1.1', '1.1']],
      [true, ['2.0', '2.0']],
      ['reads', ['2.0', '1.1']],
    ] as const) {
      const options = { server: `https://127.0.0.1:${port}`, tls: { ca: ca.certificate } };
      const transport = httpTransport({ ...options, http2 });
      const versions = [];
      for (const method of ['GET', 'POST'] as const)
        versions.push(Buffer.from(await readBody(await transport.request({ method, path: '/' }))).toString());
      transport.close();
      assert.deepEqual(versions, expected);
    }
  } finally {
    await new Promise((resolve) => server.close(resolve));
  }
});
