import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { TokenRequest } from '@typernetes/api/authentication/v1';
import { serviceaccounts } from '@typernetes/api/core/v1';
import { systemClock } from '@typernetes/base';
import { silentLogger } from '@typernetes/base/testing';
import { httpTransport, restClient } from '@typernetes/client';
import { createAuthority, createLeaf, decodeJwt } from '@typernetes/pki';
import { parseFlags } from '@typernetes/process';
import { MemoryStore } from '@typernetes/store';
import { completeConfig } from '../options/api-server-config.ts';
import { apiServerFlags } from '../options/flags.ts';
import { builtInResources } from '../registry/resources.ts';
import { keyPair, TokenSigner } from '../testing/token-signer.ts';
import { startConfiguredServer } from './configured-server.ts';

const hour = 3_600_000;
const validity = { notBefore: systemClock.now() - hour, notAfter: systemClock.now() + hour };
const issuer = 'https://tokens.example';

test('a server with an external signer issues tokens, accepts them and publishes the keys', async (t) => {
  const program = new TokenSigner([keyPair('a'), keyPair('old', true)]);
  await program.start();
  t.after(() => program.stop());
  const ca = await createAuthority({ commonName: 'kubernetes', ...validity });
  const usages = ['digital signature', 'server auth'] as const;
  const serving = await createLeaf(ca, {
    commonName: 'kube-apiserver',
    ipAddresses: ['127.0.0.1'],
    usages: [...usages],
    ...validity,
  });
  const admin = await createLeaf(ca, {
    commonName: 'admin',
    organizations: ['system:masters'],
    usages: ['client auth'],
    ...validity,
  });
  const started = (...more: string[]) => {
    const args = [
      '--authorization-mode=RBAC',
      `--service-account-issuer=${issuer}`,
      `--service-account-signing-endpoint=${program.endpoint}`,
      ...more,
    ];
    const config = completeConfig(parseFlags(apiServerFlags, args).flags, { defaultAddress: () => '192.0.2.10' });
    return startConfiguredServer({
      config,
      material: {
        tls: { cert: serving.certificate, key: serving.privateKey, clientCa: ca.certificate },
        clientCa: ca.certificate,
        requestHeaderCa: undefined,
        serviceAccountKeys: [],
        serviceAccountSigningKey: undefined,
        kubeletClient: undefined,
      },
      resources: builtInResources,
      store: new MemoryStore(),
      log: silentLogger,
    });
  };
  await assert.rejects(
    started('--service-account-max-token-expiration=3h'),
    /cannot be set longer than the token expiration supported by service-account-signing-endpoint: 7200s$/,
  );
  const server = await started();
  t.after(() => server.close());
  const material = { cert: serving.certificate, key: serving.privateKey, clientCa: ca.certificate };
  const listening = await server.listen({ host: '127.0.0.1', port: 0, material });
  const connect = (shown: { cert?: string; key?: string }, token?: string) => {
    const at = { server: `https://127.0.0.1:${listening.port}`, tls: { ca: ca.certificate, ...shown } };
    const client = restClient(httpTransport({ ...at, ...(token ? { token } : {}) }));
    t.after(() => client.transport.close());
    return client;
  };
  const client = connect({ cert: admin.certificate, key: admin.privateKey });
  await client.resource(serviceaccounts).create({ metadata: { name: 'web', namespace: 'default' } });
  const { status, spec } = await client
    .resource(serviceaccounts)
    .createSubresource<TokenRequest>({ namespace: 'default', name: 'web' }, 'token', {
      apiVersion: 'authentication.k8s.io/v1',
      kind: 'TokenRequest',
      spec: { expirationSeconds: 100_000 },
    });
  const token = status?.token ?? '';
  assert.deepEqual([decodeJwt(token)?.keyId, spec.expirationSeconds], ['a', 7200]);
  const self = await connect({}, token).json<{ status: { userInfo: { username: string } } }>(
    'POST',
    '/apis/authentication.k8s.io/v1/selfsubjectreviews',
    { apiVersion: 'authentication.k8s.io/v1', kind: 'SelfSubjectReview' },
  );
  assert.equal(self.status.userInfo.username, 'system:serviceaccount:default:web');
  const { keys } = await client.json<{ keys: { kid: string }[] }>('GET', '/openid/v1/jwks');
  assert.deepEqual(
    keys.map(({ kid }) => kid),
    ['a'],
  );
});
