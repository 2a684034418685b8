import assert from 'node:assert/strict';
import { generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import type { JWTAuthenticator } from '@typernetes/api/apiserver.config/v1';
import { systemClock } from '@typernetes/base';
import { createAuthority, createLeaf, publicKeyAlgorithms } from '@typernetes/pki';
import { jwtAuthenticator } from './jwt-authenticator.ts';

const pairs = {
  users: generateKeyPairSync('rsa', { modulusLength: 2048 }),
  groups: generateKeyPairSync('rsa', { modulusLength: 2048 }),
};
const now = systemClock.now();
const soon = Math.floor(now / 1000) + 600;

function token(claims: object, key: KeyObject): string {
  const encode = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
  const signed = `${encode({ alg: 'RS256', kid: 'k' })}.${encode({ aud: 'app', exp: soon, ...claims })}`;
  return `${signed}.${sign('sha256', Buffer.from(signed), key).toString('base64url')}`;
}

interface Issuers {
  readonly url: string;
  readonly ca: string;
  /** `path authorization` of each request for a claim. */
  readonly asked: string[];
}

/**
 * Two issuers behind TLS on loopback: one of users and, below `/directory`, one of their groups; closed after `run`.
 */
async function withIssuers(run: (issuers: Issuers) => Promise<void>): Promise<void> {
  const validity = { notBefore: now - 3_600_000, notAfter: now + 3_600_000 };
  const authority = await createAuthority({ commonName: 'issuers', ...validity });
  const { certificate: cert, privateKey: key } = await createLeaf(authority, {
    commonName: 'issuer',
    ...validity,
    ipAddresses: ['127.0.0.1'],
    usages: ['digital signature', 'server auth'],
  });
  const asked: string[] = [];
  const published = ({ publicKey }: { publicKey: KeyObject }) => ({
    keys: [{ kid: 'k', use: 'sig', ...publicKey.export({ format: 'jwk' }) }],
  });
  const server = createServer({ cert, key }, ({ url: path = '', headers }, answer) => {
    const { port } = server.address() as AddressInfo;
    const url = `https://127.0.0.1:${port}`;
    const directory = `${url}/directory`;
    const about = (issuer: string) => ({ issuer, jwks_uri: `${issuer}/keys` });
    const documents: Record<string, object> = {
      '/.well-known/openid-configuration': about(url),
      '/keys': published(pairs.users),
      '/directory/.well-known/openid-configuration': about(directory),
      '/directory/keys': published(pairs.groups),
    };
    const claims: Record<string, string> = {
      '/groups': token({ iss: directory, groups: ['dev', 'ops'] }, pairs.groups.privateKey),
      '/nothing': token({ iss: directory }, pairs.groups.privateKey),
      '/forged': token({ iss: directory, groups: ['admin'] }, pairs.users.privateKey),
      '/elsewhere': token({ iss: directory, aud: 'else', groups: ['admin'] }, pairs.groups.privateKey),
      '/text': 'no token',
    };
    if (documents[path]) return answer.end(JSON.stringify(documents[path]));
    asked.push(`${path} ${headers.authorization ?? ''}`);
    if (claims[path]) return answer.end(claims[path]);
    answer.writeHead(404).end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  try {
    await run({
      url: `https://127.0.0.1:${(server.address() as AddressInfo).port}`,
      ca: authority.certificate,
      asked,
    });
  } finally {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
}

test('fetches groups from the endpoint that a token names, and verifies them', () =>
  withIssuers(async ({ url, ca, asked }) => {
    const tokens = jwtAuthenticator({
      config: {
        issuer: { url, audiences: ['app'], certificateAuthority: ca },
        claimMappings: { username: { claim: 'sub', prefix: '' }, groups: { claim: 'groups', prefix: 'oidc:' } },
      } as JWTAuthenticator,
      signingAlgorithms: publicKeyAlgorithms,
      clock: systemClock,
    });
    const groupsOf = async (claims: object) =>
      (await tokens.authenticateToken(token({ iss: url, sub: 'jane', ...claims }, pairs.users.privateKey), []))?.user
        .groups;
    const from = (path: string, more: object = {}) => ({
      _claim_names: { groups: 'src' },
      _claim_sources: { src: { endpoint: `${url}${path}`, ...more } },
    });
    assert.deepEqual(await groupsOf(from('/groups', { access_token: 'secret' })), ['oidc:dev', 'oidc:ops']);
    assert.deepEqual(await groupsOf(from('/groups')), ['oidc:dev', 'oidc:ops']);
    assert.deepEqual(asked, ['/groups Bearer secret', '/groups ']);
    // A claim that is present is not fetched, and neither is one without a source.
    assert.deepEqual(await groupsOf({ ...from('/groups'), groups: ['own'] }), ['oidc:own']);
    assert.deepEqual(await groupsOf({ ...from('/groups'), _claim_names: { roles: 'src' } }), []);
    assert.deepEqual(await groupsOf({ ...from(''), _claim_sources: { src: { JWT: 'x' } } }), []);
    assert.equal(asked.length, 2);

    const failures: [claims: object, message: string][] = [
      [
        from('/missing'),
        'while getting distributed claim "groups": error while getting distributed claim JWT: 404 Not Found',
      ],
      [from('/nothing'), `jwt returned by distributed claim endpoint "${url}/nothing" did not contain claim: groups`],
      [
        from('/forged'),
        'verify distributed claim token: failed to verify signature: failed to verify id token signature',
      ],
      [from('/elsewhere'), 'verify distributed claim token: oidc: expected audience in ["app"] got ["else"]'],
      [from('/text'), `getting untrusted issuer from endpoint ${url}/text failed for claim "groups": malformed token`],
      [{ _claim_names: { groups: 'src' } }, 'oidc: no claim sources'],
      [
        { ...from('/groups'), _claim_names: { groups: 'other' } },
        'id token _claim_names contained a source other missing in _claims_sources',
      ],
    ];
    for (const [claims, message] of failures)
      await assert.rejects(groupsOf(claims), { message: `oidc: could not expand distributed claims: ${message}` });
  }));
