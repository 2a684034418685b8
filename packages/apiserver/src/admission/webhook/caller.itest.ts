import assert from 'node:assert/strict';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import { systemClock } from '@typernetes/base';
import { createLeaf, type Identity } from '@typernetes/pki';
import { intermediateAuthority, namelessChain } from '@typernetes/pki/testing';
import { loopbackIdentity } from '../../testing/loopback-identity.ts';
import { WebhookCaller } from './caller.ts';

const { ca, validity } = await loopbackIdentity();
const names = { dnsNames: ['hook.default.svc'], ipAddresses: ['127.0.0.1'] };

interface Answer {
  readonly status: number;
  readonly type: string;
  readonly text: string;
}

/** The response of a hook with the certificate `identity`, or the error with this CA bundle. */
async function asked(
  identity: Identity,
  bundle: string,
  { status, type, text }: Answer = { status: 200, type: 'application/json', text: '{"kind":"Answer"}' },
): Promise<unknown> {
  const server = createServer({ cert: identity.certificate, key: identity.privateKey }, (_incoming, outgoing) => {
    outgoing.writeHead(status, { 'content-type': type });
    outgoing.end(text);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const caller = new WebhookCaller({ resolve: () => ({ host: '127.0.0.1', port }), clock: systemClock });
  const service = { namespace: 'default', name: 'hook' };
  const limits = { timeoutMs: 10_000, signal: new AbortController().signal };
  const post = () => caller.post({ service, caBundle: Buffer.from(bundle).toString('base64') }, {}, limits);
  try {
    await post();
    return await post();
  } catch (error) {
    return (error as Error).message;
  } finally {
    caller.close();
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
}

const unknown =
  'Post "https://hook.default.svc:443/?timeout=10s": tls: failed to verify certificate: x509: certificate signed by unknown authority';
const leafOf = (authority: Identity, more: object = {}) =>
  createLeaf(authority, { commonName: 'hook', ...validity, ...names, usages: ['server auth'], ...more });

test("trusts a CA bundle's certificates: roots, intermediate authorities, or the server's own", async () => {
  const between = await intermediateAuthority(ca, { commonName: 'between', ...validity });
  const leaf = await leafOf(between);
  assert.deepEqual(await asked(leaf, between.certificate), { kind: 'Answer' });
  assert.deepEqual(await asked(leaf, leaf.certificate), { kind: 'Answer' });
  const whole = { ...leaf, certificate: leaf.certificate + between.certificate };
  assert.deepEqual(await asked(whole, ca.certificate), { kind: 'Answer' });
  assert.equal(await asked(leaf, ca.certificate), unknown);
  const unreadable = 'unable to load root certificates: unable to parse bytes as PEM block';
  assert.equal(await asked(leaf, 'a bundle'), unreadable);
});

test('trusts certificates without a subject by their issuer, for the names in them', async () => {
  const chain = await namelessChain({ ...validity, ...names });
  assert.deepEqual(await asked(chain.leaf, chain.authority.certificate), { kind: 'Answer' });
  const other = await namelessChain({ ...validity, ...names });
  assert.equal(await asked(chain.leaf, other.authority.certificate), unknown);
  assert.equal(await asked(chain.leaf, ca.certificate), unknown);
  const elsewhere = await namelessChain({ ...validity, dnsNames: ['other.default.svc'] });
  assert.equal(await asked(elsewhere.leaf, elsewhere.authority.certificate), unknown);
  const past = await namelessChain({ notBefore: Date.UTC(2020, 0), notAfter: Date.UTC(2021, 0), ...names });
  assert.match(String(await asked(past.leaf, past.authority.certificate)), /x509: certificate has expired/);
});

test("reports unsuccessful responses of hooks as Go's clients do", async () => {
  const leaf = await leafOf(ca);
  for (const [status, type, text, expected] of [
    [403, 'text/plain', 'not you\n', 'not you'],
    [405, 'text/plain', 'no', 'the server does not allow this method on the requested resource'],
    [409, 'text/plain', '', 'the server reported a conflict'],
    [413, 'text/plain', '', 'the server responded with the status code 413 but did not return more information'],
    [422, 'application/json', '{"detail":[]}', 'the server rejected our request due to an error in our request'],
    [429, 'text/plain', '', 'the server has received too many requests and has asked us to try again later'],
    [500, 'text/plain', 'oh "no"', 'an error on the server ("oh \\"no\\"") has prevented the request from succeeding'],
    [502, 'text/html', '', 'an error on the server ("unknown") has prevented the request from succeeding'],
    [500, 'application/json', '{}', 'an error on the server ("unknown") has prevented the request from succeeding'],
    [500, 'application/json', '{"kind":"Status","message":"said so"}', 'said so'],
  ] as const)
    assert.equal(await asked(leaf, ca.certificate, { status, type, text }), expected);
});
