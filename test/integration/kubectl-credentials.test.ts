import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { after, before, test } from 'node:test';
import { bothKubectls, type Kubectl } from './kubectl-beside-upstream.ts';
import { type LoopbackCertificates, loopbackCertificates } from './loopback-certificates.ts';

const folder = mkdtempSync(join(tmpdir(), 'kubectl-credentials-'));
const dayMs = 24 * 3_600_000;

/** A request as a provider sees it. */
interface Asked {
  readonly path: string;
  readonly authorization: string | undefined;
  readonly form: string;
}

/** What a provider answers at its token endpoint. */
type Answer = (asked: Asked) => { status?: number; type?: string; body: unknown };

let certificates: LoopbackCertificates;
let server: Server;
let answer: Answer = () => ({ body: {} });
let description: () => { status?: number; body: string } = () => ({ body: '{}' });
let asked: Asked[] = [];
const base = (): string => `https://127.0.0.1:${(server.address() as AddressInfo).port}`;

before(async () => {
  certificates = await loopbackCertificates({ notBefore: Date.now() - dayMs, notAfter: Date.now() + dayMs });
  writeFileSync(join(folder, 'ca.crt'), certificates.ca.certificate);
  // A provider, and an API server that says who asks.
  server = createServer(
    { cert: certificates.serving.certificate, key: certificates.serving.privateKey },
    async (request, response) => {
      const { url = '', headers } = request;
      if (url.startsWith('/who')) return response.end(`${headers.authorization}\n`);
      const seen = { path: url, authorization: headers.authorization, form: await text(request) };
      asked.push(seen);
      if (url.endsWith('/.well-known/openid-configuration')) {
        const { status = 200, body } = description();
        return response.writeHead(status).end(body);
      }
      const { status = 200, type = 'application/json', body } = answer(seen);
      response.writeHead(status, { 'content-type': type });
      response.end(typeof body === 'string' ? body : JSON.stringify(body));
    },
  ).listen(0, '127.0.0.1');
  await once(server, 'listening');
});
after(() => {
  server.close();
  server.closeAllConnections();
  rmSync(folder, { recursive: true });
});

const encoded = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');
/** A token that expires in so many seconds. */
const token = (seconds: number, name = 'jane'): string =>
  `${encoded({ alg: 'none' })}.${encoded({ sub: name, exp: Math.floor(Date.now() / 1000) + seconds })}.x`;

/** A kubeconfig of the user, who is at the API server above. */
function kubeconfig(user: object): string {
  const entries = {
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'c', cluster: { server: base(), 'certificate-authority': 'ca.crt' } }],
    contexts: [{ name: 'x', context: { cluster: 'c', user: 'u' } }],
    'current-context': 'x',
    users: [{ name: 'u', user }],
  };
  const file = join(folder, 'kubeconfig');
  writeFileSync(file, JSON.stringify(entries));
  return file;
}

/** What a kubectl says with that user, what the kubeconfig has afterwards, and what the provider was asked. */
async function seen(kubectl: Kubectl, user: object, input = ''): Promise<object> {
  const file = kubeconfig(user);
  asked = [];
  const printed = await kubectl.typed(['get', '--raw', '/who'], { environment: { KUBECONFIG: file }, input });
  return { ...printed, kept: readFileSync(file, 'utf8'), asked };
}

const config = (more: object): object => ({
  'auth-provider': {
    name: 'oidc',
    config: {
      'idp-issuer-url': `${base()}/idp/`,
      'idp-certificate-authority': join(folder, 'ca.crt'),
      'client-id': 'kube',
      ...more,
    },
  },
});
const described = (): { body: string } => ({ body: JSON.stringify({ token_endpoint: `${base()}/token?a=b` }) });

interface Case {
  readonly user: () => object;
  readonly answer?: Answer;
  readonly description?: typeof description;
  readonly input?: string;
}

const expired = (): string => token(-60);
const refreshing = (more: object = {}): object => config({ 'id-token': expired(), 'refresh-token': 'r 1', ...more });
const fresh = token(3600, 'fresh');

const cases: Readonly<Record<string, Case>> = {
  'a token that is good is used, and nobody asked': { user: () => config({ 'id-token': token(3600) }) },
  'one that has expired needs another': { user: () => config({ 'id-token': expired() }) },
  'none needs another': { user: () => config({}) },
  'what is no token is none': { user: () => config({ 'id-token': 'abc' }) },
  'an expired one is exchanged for another, which is kept': {
    user: () => refreshing(),
    answer: () => ({ body: { access_token: 'a', id_token: fresh, refresh_token: 'r 2' } }),
  },
  'the secret is told, and the old refresh token kept where there is no other': {
    user: () => refreshing({ 'client-secret': 's&t', 'client-id': 'a b' }),
    answer: () => ({ body: { access_token: 'a', id_token: fresh } }),
  },
  'a provider may want the client in the form': {
    user: () => refreshing({ 'client-secret': 's' }),
    answer: ({ authorization }) =>
      authorization
        ? { status: 401, body: { error: 'invalid_client' } }
        : { body: { access_token: 'a', id_token: fresh } },
  },
  'an answer may be a form': {
    user: () => refreshing(),
    answer: () => ({ type: 'application/x-www-form-urlencoded', body: `access_token=a&id_token=${fresh}` }),
  },
  'a provider that refuses is quoted': {
    user: () => refreshing(),
    answer: () => ({ status: 400, body: { error: 'invalid_grant', error_description: 'Token is "not" active' } }),
  },
  'and so is one that says something else': {
    user: () => refreshing(),
    answer: () => ({ status: 500, type: 'text/html', body: 'no' }),
  },
  'an answer without an access token is none': {
    user: () => refreshing(),
    answer: () => ({ body: { id_token: fresh } }),
  },
  'an answer without an ID token is none': {
    user: () => refreshing(),
    answer: () => ({ body: { access_token: 'a' } }),
  },
  'a provider that describes itself nowhere': {
    user: () => refreshing(),
    description: () => ({ status: 404, body: `<html>${'x'.repeat(100)}` }),
  },
  'a provider without a token endpoint': { user: () => refreshing(), description: () => ({ body: '{}' }) },
  'an authority that is not there': { user: () => refreshing({ 'idp-certificate-authority': '/nosuch/ca.crt' }) },
  'an authority that has not signed for the provider': {
    user: () => refreshing({ 'idp-certificate-authority': undefined }),
  },
  'a provider that nobody is at': { user: () => refreshing({ 'idp-issuer-url': 'https://127.0.0.1:1' }) },
  'a token endpoint that nobody is at': {
    user: () => refreshing(),
    description: () => ({ body: JSON.stringify({ token_endpoint: 'https://127.0.0.1:1/token' }) }),
  },
  'a token of its own stands above the provider': {
    user: () => ({ token: 'own', ...config({ 'id-token': token(3600) }) }),
  },
  'a user of whom nothing is known is asked who it is, and nobody answers': { user: () => ({}) },
  'a password is not read where it could be seen': { user: () => ({}), input: 'jane\nsecret\n' },
  'a password without a user is none': { user: () => ({ password: 'x' }), input: '\n  jane doe' },
  'a user with a password is not asked': { user: () => ({ username: 'jane', password: 'p:w' }) },
};

for (const [name, one] of Object.entries(cases)) {
  test(name, async () => {
    using both = bothKubectls({});
    answer = one.answer ?? (() => assert.fail('the provider was asked for a token'));
    description = one.description ?? described;
    const [user, input] = [one.user(), one.input];
    const upstream = await seen(both.upstream, user, input);
    assert.deepEqual(await seen(both.ours, user, input), upstream);
  });
}
