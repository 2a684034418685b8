import assert from 'node:assert/strict';
import { test } from 'node:test';
import { projectedProblems } from './projected-volume-validation.ts';
import type { VolumeProjection } from './v1.gen.ts';

const problems = (...sources: object[]): string[] =>
  [...projectedProblems({ sources: sources as VolumeProjection[] }, 'v')].map(({ field, body }) => `${field}: ${body}`);
const path = 'ca.pem';

test('downward API files are reported at their source, tokens at the volume', () => {
  assert.deepEqual(problems({ downwardAPI: { items: [{ path: '../x' }] } }, { serviceAccountToken: { path: '/t' } }), [
    `v.sources[0].downwardAPI.path: Invalid value: "../x": must not contain '..'`,
    'v.sources[0].downwardAPI: Required value: one of fieldRef and resourceFieldRef is required',
    'v.path: Invalid value: "/t": must be a relative path',
  ]);
});

test('reports problems source by source', () => {
  const twice = { configMap: { name: 'c', items: [{ key: 'k', path }] } };
  assert.deepEqual(problems(twice, { ...twice, secret: { items: [] } }, { configMap: { name: '' } }), [
    'v.sources[1].secret.name: Required value',
    'v: Invalid value: "c": conflicting duplicate paths',
    'v.sources[1]: Forbidden: may not specify more than 1 volume type per source',
    'v.sources[2].configMap.name: Required value',
  ]);
});

test('a trust bundle is selected by name or by signer, and needs a path', () => {
  const bundle = (clusterTrustBundle: object): string[] => problems({ clusterTrustBundle });
  assert.deepEqual(bundle({ name: 'example.com:signer:b', path }), []);
  assert.deepEqual(bundle({ signerName: 'example.com/s', labelSelector: { matchLabels: { a: 'b' } }, path }), []);
  assert.deepEqual(bundle({}), [
    'v.sources[0].clusterTrustBundle: Required value: either name or signerName must be specified',
    'v.sources[0].clusterTrustBundle.path: Required value',
  ]);
  assert.match(bundle({ name: 'a', signerName: 'b', path })[0] ?? '', /only one of name and signerName may be used$/);
  const [name, selector] = bundle({ name: 'x:A', labelSelector: {}, path });
  assert.match(name ?? '', /name: Invalid value: "x:A": not a valid clustertrustbundlename: a lowercase RFC 1123/);
  assert.match(selector ?? '', /labelSelector: Invalid value: \{\}: labelSelector must be unset if name is specified$/);
  assert.match(
    bundle({ signerName: 'x', path: '..x' }).join(),
    /signerName: Invalid.*path: .* must not start with '..'/,
  );
});

test('a pod certificate needs a signer, a known key type, a valid lifetime and a path', () => {
  const certificate = (podCertificate: object): string[] => problems({ podCertificate });
  const right = { signerName: 'example.com/s', keyType: 'ED25519', credentialBundlePath: path };
  assert.deepEqual(certificate(right), []);
  const fields = (change: object) =>
    certificate({ ...right, ...change }).map((one) => one.split(': ', 1)[0]?.slice(27));
  assert.deepEqual(fields({ signerName: 's' }), ['.signerName']);
  assert.deepEqual(fields({ keyType: 'DSA' }), ['.keyType']);
  assert.deepEqual(fields({ maxExpirationSeconds: 60 }), ['.maxExpirationSeconds']);
  assert.deepEqual(fields({ credentialBundlePath: undefined }), ['']);
  assert.deepEqual(fields({ keyPath: '/key' }), ['.keyPath']);
  assert.deepEqual(certificate({ ...right, keyPath: path }), [
    'v: Invalid value: "ca.pem": conflicting duplicate paths',
  ]);
});
