import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { createAuthority, createLeaf } from '@typernetes/pki';

/** How an API server behind a Service misbehaves; `none` if it does not. */
export const misbehaviours = ['none', '403', '404', '500', 'no JSON', 'redirect', 'hangs up'] as const;
export type Misbehaviour = (typeof misbehaviours)[number];

export interface Extension {
  readonly port: number;
  /** Its CA, and a foreign one. */
  readonly caBundle: string;
  readonly otherBundle: string;
  /** Applies from now on, for every group. */
  fault: Misbehaviour;
}

const told = /^(x-remote-.*|accept|content-type|authorization|impersonate-.*|x-own)$/;

/** An API server for any group, on loopback, that echoes requests; it does not keep the program running. */
export async function startExtension(now: number): Promise<Extension> {
  const validity = { notBefore: now - 3_600_000, notAfter: now + 86_400_000 };
  const [authority, other] = await Promise.all(
    ['extensions', 'others'].map((commonName) => createAuthority({ commonName, ...validity })),
  );
  if (!authority || !other) throw new Error('There is no authority');
  const { certificate: cert, privateKey: key } = await createLeaf(authority, {
    commonName: 'extension',
    ...validity,
    dnsNames: ['extension.default.svc'],
    usages: ['digital signature', 'key encipherment', 'server auth'],
  });
  const state: { fault: Misbehaviour } = { fault: 'none' };
  const server = createServer({ cert, key }, async (incoming, outgoing) => {
    const body = await text(incoming);
    const url = incoming.url ?? '';
    outgoing.setHeader('connection', 'close');
    outgoing.setHeader('content-type', 'application/json');
    if (state.fault === 'hangs up') {
      incoming.socket.destroy();
      return;
    }
    if (/^\d+$/.test(state.fault)) outgoing.statusCode = Number(state.fault);
    if (state.fault === 'redirect') {
      outgoing.statusCode = 302;
      outgoing.setHeader('location', 'https://127.0.0.1:1/');
    }
    if (state.fault === 'no JSON') {
      outgoing.end('<html>');
      return;
    }
    const [, group, version, rest] = /^\/apis\/([^/?]+)\/([^/?]+)(.*)$/.exec(url) ?? [];
    if (group === undefined || url.startsWith('/openapi')) {
      outgoing.statusCode = 404;
      outgoing.end('{}');
      return;
    }
    if (rest === '') {
      const verbs = ['get', 'list'];
      const resources = [{ name: 'flunders', singularName: 'flunder', namespaced: true, kind: 'Flunder', verbs }];
      outgoing.end(
        JSON.stringify({ kind: 'APIResourceList', apiVersion: 'v1', groupVersion: `${group}/${version}`, resources }),
      );
      return;
    }
    const headers = Object.fromEntries(Object.entries(incoming.headers).filter(([name]) => told.test(name)));
    outgoing.end(JSON.stringify({ kind: 'Echo', method: incoming.method, url, headers, body }));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  server.unref();
  const { port } = server.address() as AddressInfo;
  const [caBundle, otherBundle] = [authority, other].map(({ certificate: one }) => Buffer.from(one).toString('base64'));
  return Object.assign(state, { port, caBundle: caBundle ?? '', otherBundle: otherBundle ?? '' });
}
