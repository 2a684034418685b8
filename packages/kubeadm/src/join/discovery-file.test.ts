import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FakeClock } from '@typernetes/base/testing';
import { formatKubeconfig, singleContext } from '@typernetes/client';
import type { HttpAnswer, RequestOptions } from '../host.ts';
import { bootstrapKubeconfigText } from './control-plane-context.ts';
import { discover } from './discovery.ts';

const server = 'https://10.0.0.2:6443';
const base64 = (text: string): string => Buffer.from(text).toString('base64');
const kubeconfig = (user: object): string =>
  formatKubeconfig(
    singleContext({
      clusterName: 'c',
      cluster: { server, 'certificate-authority-data': base64('CA') },
      userName: 'u',
      user,
    }),
  );

function find(path: string, files: Record<string, string>, get: (url: string, options: RequestOptions) => HttpAnswer) {
  return discover(
    { kind: 'file', path },
    {
      clock: new FakeClock(),
      files: { read: async (name) => files[name] },
      network: { get: async (url, options = {}) => get(url, options) },
    },
    { timeoutMs: 0, signal: new AbortController().signal },
  );
}

test("the API server must have a certificate of the discovery file's CA; the file's credentials bootstrap the kubelet", async () => {
  const asked: RequestOptions[] = [];
  const files = {
    '/d.conf': kubeconfig({ 'client-certificate': '/c.crt', 'client-key': '/c.key' }),
    '/c.crt': 'CRT',
    '/c.key': 'KEY',
  };
  const found = await find('/d.conf', files, (_url, options) => {
    asked.push(options);
    return { status: 403, body: '' };
  });
  assert.deepEqual([asked[0]?.ca, asked[0]?.cert, asked[0]?.key], ['CA', 'CRT', 'KEY']);
  assert.deepEqual(found.user, { 'client-certificate-data': base64('CRT'), 'client-key-data': base64('KEY') });
  assert.match(bootstrapKubeconfigText(found, ''), /client-certificate-data: Q1JU/);
  assert.match(bootstrapKubeconfigText(found, 'abcdef.0123456789abcdef'), /token: abcdef.0123456789abcdef/);
});

test("a discovery file can be an https URL whose certificate the system's CAs verify", async () => {
  const found = await find('https://elsewhere/d.conf', {}, (url, { verify }) =>
    url.startsWith('https://elsewhere/')
      ? { status: verify ? 200 : 500, body: kubeconfig({}) }
      : { status: 200, body: '{}' },
  );
  assert.deepEqual(found, { server, caCertificate: 'CA' });
  assert.throws(() => bootstrapKubeconfigText(found, ''), /couldn't find authentication credentials/);
});

test('reports what is wrong with a discovery file', async () => {
  const never = (): HttpAnswer => ({ status: 500, body: '' });
  const messages = async (attempt: Promise<unknown>): Promise<string> => {
    const error = await attempt.then(
      () => new Error('found'),
      (reason: unknown) => reason as Error,
    );
    return `${error.message}: ${(error.cause as Error | undefined)?.message}`;
  };
  const said = await messages(find('/gone', {}, never));
  assert.equal(said, "couldn't validate the identity of the API Server: open /gone: no such file or directory");
  assert.match(
    await messages(find('/e', { '/e': 'apiVersion: v1\nkind: Config\n' }, never)),
    /at least one Cluster defined/,
  );
  assert.match(
    await messages(find('/d', { '/d': kubeconfig({}) }, never)),
    /Abort reading the cluster-info ConfigMap after timeout of 0s/,
  );
});
