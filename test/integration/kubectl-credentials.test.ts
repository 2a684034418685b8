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

/** A request as an identity provider sees it. */
interface Asked {
  readonly path: string;
  readonly authorization: string | undefined;
  readonly form: string;
}

/** A provider's response at its token endpoint. */
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
  // A provider, and an API server that echoes the user.
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

/** A kubeconfig with this user, for the API server above. */
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

/** The output of a kubectl with this user, the kubeconfig afterwards, and the requests to the provider. */
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
  'a valid token is used without asking the provider': { user: () => config({ 'id-token': token(3600) }) },
  'an expired token needs a refresh': { user: () => config({ 'id-token': expired() }) },
  'a missing token needs a refresh': { user: () => config({}) },
  'an invalid token counts as missing': { user: () => config({ 'id-token': 'abc' }) },
  'an expired token is refreshed, and the new one stored': {
    user: () => refreshing(),
    answer: () => ({ body: { access_token: 'a', id_token: fresh, refresh_token: 'r 2' } }),
  },
  'sends the client secret, and keeps the refresh token unless there is a new one': {
    user: () => refreshing({ 'client-secret': 's&t', 'client-id': 'a b' }),
    answer: () => ({ body: { access_token: 'a', id_token: fresh } }),
  },
  'a provider may want the client in the request body': {
    user: () => refreshing({ 'client-secret': 's' }),
    answer: ({ authorization }) =>
      authorization
        ? { status: 401, body: { error: 'invalid_client' } }
        : { body: { access_token: 'a', id_token: fresh } },
  },
  'a response may be form-encoded': {
    user: () => refreshing(),
    answer: () => ({ type: 'application/x-www-form-urlencoded', body: `access_token=a&id_token=${fresh}` }),
  },
  'shows the error of a provider': {
    user: () => refreshing(),
    answer: () => ({ status: 400, body: { error: 'invalid_grant', error_description: 'Token is "not" active' } }),
  },
  'shows any other response of a provider': {
    user: () => refreshing(),
    answer: () => ({ status: 500, type: 'text/html', body: 'no' }),
  },
  'a response without an access token is invalid': {
    user: () => refreshing(),
    answer: () => ({ body: { id_token: fresh } }),
  },
  'a response without an ID token is invalid': {
    user: () => refreshing(),
    answer: () => ({ body: { access_token: 'a' } }),
  },
  'a provider without discovery': {
    user: () => refreshing(),
    description: () => ({ status: 404, body: `<html>${'x'.repeat(100)}` }),
  },
  'a provider without a token endpoint': { user: () => refreshing(), description: () => ({ body: '{}' }) },
  'a missing CA file': { user: () => refreshing({ 'idp-certificate-authority': '/nosuch/ca.crt' }) },
  "a provider's certificate of another CA": {
    user: () => refreshing({ 'idp-certificate-authority': undefined }),
  },
  'a provider that cannot be reached': { user: () => refreshing({ 'idp-issuer-url': 'https://127.0.0.1:1' }) },
  'a token endpoint that cannot be reached': {
    user: () => refreshing(),
    description: () => ({ body: JSON.stringify({ token_endpoint: 'https://127.0.0.1:1/token' }) }),
  },
  'an explicit token takes precedence over the provider': {
    user: () => ({ token: 'own', ...config({ 'id-token': token(3600) }) }),
  },
  'prompts for missing credentials, without an answer': { user: () => ({}) },
  'does not read a password that would be echoed': { user: () => ({}), input: 'jane\nsecret\n' },
  'a password without a user name is ignored': { user: () => ({ password: 'x' }), input: '\n  jane doe' },
  'does not prompt a user with a password': { user: () => ({ username: 'jane', password: 'p:w' }) },
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
