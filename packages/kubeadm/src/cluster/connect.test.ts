import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createAuthority } from '@typernetes/pki';
import { connectTo } from './connect.ts';

const base64 = (text: string): string => Buffer.from(text).toString('base64');
const kubeconfig = (cluster: string, user = '', current = 'x'): string =>
  `current-context: ${current}\ncontexts: [{name: x, context: {cluster: c, user: u}}]\nclusters: [{name: c, cluster: {${cluster}}}]\nusers: [{name: u, user: {${user}}}]\n`;
const server = 'server: "https://127.0.0.1:1"';
const broken = (type: string): string => base64(`-----BEGIN ${type}-----\nMAA=\n-----END ${type}-----\n`);
const ca = await createAuthority({ commonName: 'ca', notBefore: 0, notAfter: 1 });
const other = await createAuthority({ commonName: 'ca', notBefore: 0, notAfter: 1 });

const configuration = 'failed to create API client configuration from kubeconfig:';
const client = 'failed to create API client:';
const none = `${configuration} invalid configuration: no configuration has been provided, try setting KUBERNETES_MASTER environment variable`;
const cases: readonly [text: string, message: string][] = [
  ['a: b: c', 'failed to load admin kubeconfig: yaml: mapping values are not allowed in this context'],
  ['', none],
  ['kind: Config', none],
  [kubeconfig(''), none],
  [kubeconfig(server, '', 'y'), `${configuration} context was not found for specified context: y`],
  [
    kubeconfig(`${server}, certificate-authority: /nope`),
    `${configuration} invalid configuration: unable to read certificate-authority /nope for c due to open /nope: no such file or directory`,
  ],
  [
    kubeconfig(server, 'client-certificate: /nope, client-key: /neither'),
    `${configuration} invalid configuration: [unable to read client-cert /nope for u due to open /nope: no such file or directory, unable to read client-key /neither for u due to open /neither: no such file or directory]`,
  ],
  [
    kubeconfig(`${server}, certificate-authority-data: ${base64('x')}`),
    `${client} unable to load root certificates: unable to parse bytes as PEM block`,
  ],
  [
    kubeconfig(`${server}, certificate-authority-data: ${broken('CERTIFICATE')}`),
    `${client} unable to load root certificates: failed to parse certificate: x509: malformed tbs certificate`,
  ],
  [
    kubeconfig(
      server,
      `client-certificate-data: ${base64(ca.certificate)}, client-key-data: ${base64(other.privateKey)}`,
    ),
    `${client} tls: private key does not match public key`,
  ],
  [
    kubeconfig(
      server,
      `client-certificate-data: ${base64(ca.certificate)}, client-key-data: ${broken('EC PRIVATE KEY')}`,
    ),
    `${client} tls: failed to parse private key`,
  ],
];

for (const [text, message] of cases) {
  test(`a kubeconfig that cannot be used: ${message}`, () => {
    assert.throws(
      () => connectTo(text),
      (error: Error) => {
        const cause = error.cause instanceof Error ? `: ${error.cause.message}` : '';
        assert.equal(`${error.message}${cause}`, message);
        return true;
      },
    );
  });
}
