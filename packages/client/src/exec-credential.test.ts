import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ConfigurationError } from './configuration-error.ts';
import { CredentialError, execCredential } from './exec-credential.ts';

const apiVersion = 'client.authentication.k8s.io/v1';
const plugin = (script: string) => ({
  apiVersion,
  command: process.execPath,
  args: ['-e', script],
  env: [{ name: 'WHO', value: 'jane' }],
  provideClusterInfo: true,
});
const of = { cluster: { server: 'https://a' }, interactive: false };
const answering = (status: string) =>
  plugin(`console.log(JSON.stringify({ apiVersion: '${apiVersion}', status: ${status} }))`);

test('a plugin gets the cluster and returns a token, or a certificate with its key', () => {
  const asked = answering('{ token: process.env.WHO + " " + process.env.KUBERNETES_EXEC_INFO }');
  const info = { kind: 'ExecCredential', apiVersion, spec: { cluster: { server: 'https://a' }, interactive: false } };
  assert.deepEqual(execCredential(asked, of), { token: `jane ${JSON.stringify(info)}` });
  assert.deepEqual(execCredential(answering('{ clientCertificateData: "C", clientKeyData: "K" }'), of), {
    certificate: 'C',
    privateKey: 'K',
  });
});

for (const [what, exec, message] of [
  [
    'is missing',
    { ...plugin(''), command: 'nowhere-plugin' },
    /^getting credentials: exec: executable nowhere-plugin not found\n/,
  ],
  [
    'is missing where it should be',
    { ...plugin(''), command: '/nowhere/plugin' },
    /^getting credentials: exec: fork\/exec \/nowhere\/plugin: no such file or directory$/,
  ],
  ['fails', plugin('process.exit(3)'), /failed with exit code 3$/],
  ['says nothing', plugin(''), /plugin returned version client.authentication.k8s.io\/__internal$/],
  [
    'answers in another version',
    plugin('console.log("{}")'),
    /is configured to use API version .*v1, plugin returned version client.authentication.k8s.io\/__internal$/,
  ],
  ['has no status', answering('undefined'), /didn't return a status field$/],
  ['has nothing to give', answering('{}'), /didn't return a token or cert\/key pair$/],
  ['gives half a pair', answering('{ clientKeyData: "K" }'), /returned only certificate or key, not both$/],
  ['is of an unknown version', { ...plugin(''), apiVersion: 'v9' }, /invalid apiVersion "v9"$/],
  ['wants to ask', { ...plugin(''), interactiveMode: 'Always' }, /standard input is not a terminal$/],
] as const) {
  test(`a plugin that ${what} is an error`, () => {
    assert.throws(
      () => execCredential(exec, of),
      (error) =>
        (error instanceof CredentialError || error instanceof ConfigurationError) && message.test(error.message),
    );
  });
}
