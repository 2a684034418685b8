import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';
import { createAuthority, createLeaf } from '@typernetes/pki';

/** The URL of a webhook and its CA, for configurations. */
export interface TlsHook {
  readonly url: string;
  readonly caBundle: string;
  readonly port: number;
}

/** Runs a TLS server on loopback that answers every posted review; ends it after `run`. */
export async function withTlsHook(
  answer: (review: unknown, path: string, traceparent: string | undefined) => unknown,
  run: (hook: TlsHook) => Promise<void>,
): Promise<void> {
  const validity = { notBefore: Date.now() - 3_600_000, notAfter: Date.now() + 3_600_000 };
  const authority = await createAuthority({ commonName: 'hooks', ...validity });
  const { certificate: cert, privateKey: key } = await createLeaf(authority, {
    commonName: 'hook',
    ...validity,
    dnsNames: ['hook.default.svc'],
    ipAddresses: ['127.0.0.1'],
    usages: ['digital signature', 'key encipherment', 'server auth'],
  });
  const server = createServer({ cert, key }, async (incoming, outgoing) => {
    outgoing.setHeader('content-type', 'application/json');
    const { traceparent } = incoming.headers;
    const answered = await answer(await json(incoming), incoming.url ?? '', traceparent as string | undefined);
    outgoing.end(JSON.stringify(answered));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  try {
    const caBundle = Buffer.from(authority.certificate).toString('base64');
    await run({ url: `https://127.0.0.1:${port}`, caBundle, port });
  } finally {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
}
