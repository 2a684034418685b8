import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { systemClock } from '@typernetes/base';
import { parseFlags } from '@typernetes/process';
import type { Egress } from '../egress/egress.ts';
import { completeConfig } from '../options/api-server-config.ts';
import { apiServerFlags } from '../options/flags.ts';
import { kubeconfigWebhook } from '../webhook/kubeconfig-webhook.ts';
import { configuredTokens } from './token-authenticators.ts';

function fileOf(t: TestContext, text: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'tokens-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  writeFileSync(join(folder, 'file.yaml'), text);
  return join(folder, 'file.yaml');
}

/** Connections that fail, and a record of their targets. */
function noWays(): { readonly egress: Egress; readonly asked: string[] } {
  const asked: string[] = [];
  const egress: Egress = {
    dial: (name) => (place) => {
      asked.push(`${name} ${place.host}:${place.port}`);
      return Promise.reject(new Error('no way'));
    },
    relay: async () => undefined,
    close: () => {},
  };
  return { egress, asked };
}

const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
const token = `${part({ alg: 'RS256', kid: 'k' })}.${part({ iss: 'https://issuer.example', aud: 'app' })}.${Buffer.from('s').toString('base64url')}`;

const issuer = (egressSelectorType: string) => `apiVersion: apiserver.config.k8s.io/v1
kind: AuthenticationConfiguration
jwt:
- issuer:
    url: https://issuer.example
    audiences: [app]
${egressSelectorType}  claimMappings: { username: { claim: sub, prefix: '' } }
`;

const tokensBy = (file: string, egress: Egress | undefined) => {
  const { flags } = parseFlags(apiServerFlags, [`--authentication-config=${file}`]);
  const { authentication } = completeConfig(flags, { defaultAddress: () => '192.0.2.1' });
  return configuredTokens(authentication, { anonymous: true, ownIssuers: [], clock: systemClock, egress });
};

test('reaches an issuer by the egress that its configuration names', async (t) => {
  const file = fileOf(t, issuer('    egressSelectorType: cluster\n'));
  const { egress, asked } = noWays();
  const [foreign] = (await tokensBy(file, egress)).foreignTokens;
  await assert.rejects(async () => foreign?.authenticateToken(token, ['app']), { message: /no way/ });
  assert.deepEqual(asked, ['cluster issuer.example:443']);
  await assert.rejects(tokensBy(file, undefined), {
    message: 'oidc: egress lookup required if egress selector type is set',
  });
});

test('reaches a kubeconfig webhook through the given connection', async (t) => {
  const { egress, asked } = noWays();
  const file = fileOf(
    t,
    `apiVersion: v1
kind: Config
clusters: [{ name: hook, cluster: { server: https://hook.example:8443/review } }]
users: [{ name: server, user: {} }]
contexts: [{ name: hook, context: { cluster: hook, user: server } }]
current-context: hook
`,
  );
  const webhook = kubeconfigWebhook(file, { clock: systemClock, attempts: 1, dial: egress.dial('controlplane') });
  await assert.rejects(webhook.post({}), { message: 'no way' });
  assert.deepEqual(asked, ['controlplane hook.example:8443']);
  webhook.close();
});
