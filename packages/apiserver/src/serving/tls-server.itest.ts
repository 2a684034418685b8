import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { connect } from 'node:http2';
import { request } from 'node:https';
import { after, test } from 'node:test';
import { createAuthority, createLeaf } from '@typernetes/pki';
import type { Handler } from '../handlers/handler.ts';
import { jsonReply } from '../handlers/reply.ts';
import { listenTls } from './tls-server.ts';

const validity = { notBefore: Date.UTC(2020, 0), notAfter: Date.UTC(2090, 0) };
const ca = await createAuthority({ commonName: 'test', ...validity });
const leaf = await createLeaf(ca, {
  commonName: 'server',
  ...validity,
  ipAddresses: ['127.0.0.1'],
  usages: ['digital signature', 'server auth'],
});
const user = await createLeaf(ca, { commonName: 'me', ...validity, usages: ['digital signature', 'client auth'] });

/** Tells what arrived: the request line, the client's name, the body's size. */
const mirror: Handler = async (incoming) => {
  const body = await incoming.body(1000);
  const certificate = incoming.clientCertificate;
  return jsonReply(200, {
    method: incoming.method,
    path: incoming.path,
    query: incoming.query.get('q'),
    subject: certificate && new X509Certificate(Buffer.from(certificate)).subject,
    size: body.length,
  });
};
const server = await listenTls(mirror, {
  host: '127.0.0.1',
  port: 0,
  material: { cert: leaf.certificate, key: leaf.privateKey, clientCa: ca.certificate },
});
after(() => server.close());
const client = { ca: ca.certificate, cert: user.certificate, key: user.privateKey };
const expected = { method: 'POST', path: '/a', query: 'b', subject: 'CN=me', size: 3 };

test('speaks HTTP/1.1 and knows the certificate of the client', async () => {
  const text = await new Promise<string>((resolve, reject) => {
    const sent = request({ ...client, port: server.port, host: '127.0.0.1', path: '/a?q=b', method: 'POST' }, (got) => {
      let body = '';
      got.on('data', (chunk) => {
        body += chunk;
      });
      got.on('end', () => resolve(body));
    });
    sent.on('error', reject);
    sent.end('xyz');
  });
  assert.deepEqual(JSON.parse(text), expected);
});

test('speaks HTTP/2 on the same port', async () => {
  const session = connect(`https://127.0.0.1:${server.port}`, client);
  const text = await new Promise<string>((resolve, reject) => {
    const stream = session.request({ ':method': 'POST', ':path': '/a?q=b' });
    let body = '';
    stream.on('data', (chunk) => {
      body += chunk;
    });
    stream.on('end', () => resolve(body));
    stream.on('error', reject);
    stream.end('xyz');
  });
  session.close();
  assert.deepEqual(JSON.parse(text), expected);
});
