import assert from 'node:assert/strict';
import { createPublicKey } from 'node:crypto';
import { test } from 'node:test';
import type { TokenRequestSpec } from '@typernetes/api/authentication/v1';
import type { ServiceAccount } from '@typernetes/api/core/v1';
import { FakeClock } from '@typernetes/base/testing';
import { decodeJwt, type JwtClaims, newPrivateKey, signJwt } from '@typernetes/pki';
import { auditNotes } from '../identity/user-info.ts';
import { literalReads } from '../testing/object-reads.ts';
import { reviewToken } from './reviews.ts';
import { serviceAccountTokenAuthenticator } from './service-account-token.ts';
import { issueToken } from './token-request.ts';

const signingKey = await newPrivateKey();
const issuer = 'https://kubernetes.default.svc.cluster.local';
const start = Date.UTC(2026, 0, 1);
const account = { metadata: { name: 'web', namespace: 'default', uid: 'sa-1' } };
const pod = {
  metadata: { name: 'web-0', namespace: 'default', uid: 'pod-1' },
  spec: { serviceAccountName: 'web', nodeName: 'n1' },
};
const node = { metadata: { name: 'n1', uid: 'node-1' } };
const secret = { metadata: { name: 's', namespace: 'default', uid: 'secret-1' } };

interface World {
  accounts?: readonly object[];
  pods?: readonly object[];
}

function cluster(clock: FakeClock, { accounts = [account], pods = [pod] }: World = {}) {
  const bound = {
    serviceAccounts: literalReads<never>(accounts as never),
    pods: literalReads<never>(pods as never),
    secrets: literalReads<never>([secret]),
    nodes: literalReads<never>([node]),
  };
  const keys = [createPublicKey(signingKey)];
  const sign = (claims: JwtClaims) => signJwt(signingKey, claims);
  const common = { ...bound, apiAudiences: [issuer], clock };
  const kind = serviceAccountTokenAuthenticator({
    ...common,
    issuers: [issuer],
    keys: { verifying: () => keys },
  });
  return {
    issue: (spec: Partial<TokenRequestSpec>) =>
      issueToken(
        account as ServiceAccount,
        { metadata: {} as never, spec },
        { ...common, issuer, sign, extendExpiration: true },
      ),
    check: (token: string | undefined, audiences = [issuer]) => kind.authenticateToken(token ?? '', audiences),
    kind,
  };
}

const podRef = { kind: 'Pod', apiVersion: 'v1', name: 'web-0', uid: 'pod-1' };

test('a token bound to a pod names account, pod and node, and is invalid once the pod is gone', async () => {
  const clock = new FakeClock(start);
  const { issue, check } = cluster(clock);
  const { status, spec } = await issue({ boundObjectRef: podRef, expirationSeconds: 600 });
  assert.deepEqual([spec.audiences, status?.expirationTimestamp], [[issuer], '2026-01-01T00:10:00Z']);
  const owner = await check(status?.token);
  const jti = String(decodeJwt(status?.token ?? '')?.claims.jti);
  assert.deepEqual(owner?.user, {
    username: 'system:serviceaccount:default:web',
    uid: 'sa-1',
    groups: ['system:serviceaccounts', 'system:serviceaccounts:default'],
    extra: {
      'authentication.kubernetes.io/credential-id': [`JTI=${jti}`],
      'authentication.kubernetes.io/pod-name': ['web-0'],
      'authentication.kubernetes.io/pod-uid': ['pod-1'],
      'authentication.kubernetes.io/node-name': ['n1'],
      'authentication.kubernetes.io/node-uid': ['node-1'],
    },
  });
  const dying = (at: string) => [{ ...pod, metadata: { ...pod.metadata, deletionTimestamp: at } }];
  assert.ok(await cluster(clock, { pods: dying('2025-12-31T23:59:30Z') }).check(status?.token));
  const refused: World[] = [
    { pods: [] },
    { pods: [{ ...pod, metadata: { ...pod.metadata, uid: 'pod-2' } }] },
    { pods: dying('2025-12-31T23:58:59Z') },
    { accounts: [] },
    { accounts: [{ metadata: { ...account.metadata, uid: 'sa-2' } }] },
  ];
  for (const world of refused) await assert.rejects(cluster(clock, world).check(status?.token), JSON.stringify(world));
  await clock.advance(600_000);
  await assert.rejects(check(status?.token), /service account token has expired/);
});

test('the use of a stale token is recorded in the audit log', async () => {
  const clock = new FakeClock(start);
  const { issue, check } = cluster(clock);
  const { status } = await issue({ boundObjectRef: podRef, expirationSeconds: 3607 });
  const before = await check(status?.token);
  assert.equal(before?.user[auditNotes], undefined);
  await clock.advance(3_617_000);
  assert.deepEqual((await check(status?.token))?.user[auditNotes], {
    'authentication.k8s.io/stale-token':
      'subject: system:serviceaccount:default:web, seconds after warning threshold: 10',
  });
});

test('checks audiences, issuers and keys', async () => {
  const { issue, check, kind } = cluster(new FakeClock(start));
  const vault = (await issue({ audiences: ['vault'] })).status?.token ?? '';
  await assert.rejects(check(vault), /is invalid for the target audiences/);
  assert.deepEqual((await check(vault, ['vault', 'x']))?.audiences, ['vault']);
  const good = (await issue({})).status?.token ?? '';
  const forged = await signJwt(await newPrivateKey(), decodeJwt(good)?.claims ?? {});
  await assert.rejects(check(forged), /invalid bearer token/);
  assert.equal(
    await check(await signJwt(signingKey, { ...decodeJwt(good)?.claims, iss: 'https://elsewhere' })),
    undefined,
  );
  assert.equal(await check('07401b.f395accd246ae52d'), undefined);

  const deps = { tokens: [kind], apiAudiences: [issuer] };
  const review = await reviewToken({ metadata: {} as never, spec: { token: good } }, deps);
  assert.equal(review.status?.user?.username, 'system:serviceaccount:default:web');
  assert.deepEqual(review.status?.audiences, [issuer]);
  const bad = await reviewToken({ metadata: {} as never, spec: { token: forged } }, deps);
  assert.equal(bad.status?.authenticated, undefined);
  assert.match(bad.status?.error ?? '', /invalid bearer token/);
});

test('a projected token gets an extended lifetime for clients that never reload it', async () => {
  const clock = new FakeClock(start);
  const { issue, check } = cluster(clock);
  const { status } = await issue({ boundObjectRef: podRef, expirationSeconds: 3607 });
  assert.equal(status?.expirationTimestamp, '2026-01-01T01:00:07Z');
  await clock.advance(4_000_000);
  assert.ok(await check(status?.token));
});

test('refuses invalid requests with a reason', async () => {
  const { issue } = cluster(new FakeClock(start));
  const cases: [Partial<TokenRequestSpec>, RegExp][] = [
    [
      { expirationSeconds: 599 },
      /spec\.expirationSeconds: Invalid value: 599: may not specify a duration less than 10 minutes/,
    ],
    [{ boundObjectRef: { ...podRef, name: 'x' } }, /^StatusError: pods "x" not found$/],
    [
      { boundObjectRef: { ...podRef, uid: 'pod-2' } },
      /the UID in the bound object reference \(pod-2\) does not match the UID in record/,
    ],
    [{ boundObjectRef: { kind: 'ConfigMap', apiVersion: 'v1', name: 'x' } }, /cannot bind token to object of type/],
  ];
  for (const [spec, message] of cases) await assert.rejects(issue(spec), message);
});
