import assert from 'node:assert/strict';
import { test } from 'node:test';
import { accessOf, kubeconfigForHost } from './kubeconfig.ts';

const base64 = (text: string): string => Buffer.from(text).toString('base64');
const adminConfig = `apiVersion: v1
clusters:
- cluster:
    certificate-authority-data: ${base64('the CA')}
    server: https://172.30.0.10:6443
  name: kubernetes
users:
- name: kubernetes-admin
  user:
    client-certificate-data: ${base64('the certificate')}
    client-key-data: ${base64('the key')}
`;

test('the host reaches the server on loopback, under a name that its certificate has', () => {
  const lines = kubeconfigForHost(adminConfig, 40123).split('\n');
  assert.deepEqual(
    lines.filter((line) => /server/.test(line)),
    ['    server: https://127.0.0.1:40123', '    tls-server-name: kubernetes'],
  );
});

test('certificates are read out of it', () => {
  assert.deepEqual(accessOf(adminConfig, 1), { port: 1, ca: 'the CA', cert: 'the certificate', key: 'the key' });
  assert.throws(() => accessOf('apiVersion: v1\n', 1), /certificate-authority-data/);
});
