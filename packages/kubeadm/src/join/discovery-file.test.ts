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
      output: { out: () => {}, err: () => {} },
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
  const refused = async (text: string, get = never): Promise<string> =>
    (await messages(find('/d', { '/d': text }, get))).replace(
      /^couldn't validate the identity of the API Server: /,
      '',
    );
  assert.equal(
    await refused('clusters: [{name: a, cluster: {}}]'),
    'the provided kubeconfig file must have a unnamed Cluster or a CurrentContext that specifies a non-nil Cluster',
  );
  const reading = (what: string): string => `error while reading ${what} file defined in kubeconfig`;
  assert.equal(await refused(kubeconfig({ 'client-certificate': '/c', 'client-key': '/k' })), reading('client cert'));
  assert.equal(
    await refused(`clusters: [{name: "", cluster: {server: "${server}", certificate-authority: /ca}}]`),
    reading('certificate authority'),
  );
  const known = { 'client-certificate-data': base64('C'), 'client-key-data': base64('K') };
  assert.match(
    await refused(kubeconfig(known), () => ({ status: 401, body: '{"message":"Unauthorized"}' })),
    /^Abort reading the cluster-info ConfigMap after timeout of 0s/,
  );
  assert.match(
    await messages(find('/d', { '/d': kubeconfig({}) }, never)),
    /Abort reading the cluster-info ConfigMap after timeout of 0s/,
  );
});

test("a file without a CA is verified by the system's, and cluster-info says which CA there is", async () => {
  const trusts: (boolean | undefined)[] = [];
  const text = `clusters: [{name: "", cluster: {server: "${server}"}}]`;
  const answer =
    (body: object) =>
    (_url: string, { verify }: RequestOptions): HttpAnswer => {
      trusts.push(verify);
      return { status: 200, body: JSON.stringify(body) };
    };
  const found = await find('/d', { '/d': text }, answer({ data: { kubeconfig: kubeconfig({}) } }));
  assert.deepEqual([found, trusts], [{ server, caCertificate: 'CA' }, [true]]);
  await assert.rejects(find('/d', { '/d': text }, answer({})), (error: Error) => {
    assert.match(String(error.cause), /has no certificate-authority-data/);
    return true;
  });
});
