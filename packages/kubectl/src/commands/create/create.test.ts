import assert from 'node:assert/strict';
import { test } from 'node:test';
import { contentHash } from './append-hash.ts';
import { ingressRule } from './ingress.ts';
import { envFile, keyValues } from './key-values.ts';
import { labelSelectorOf } from './label-selector.ts';
import { subjectsOf } from './rbac.ts';
import { servicePorts } from './service.ts';

test('parses the rules of an ingress', () => {
  assert.deepEqual(ingressRule('foo.com/bar*=svc:http,tls=cert'), {
    host: 'foo.com',
    path: '/bar',
    pathType: 'Prefix',
    service: 'svc',
    port: { name: 'http' },
    tls: true,
    secret: 'cert',
  });
  assert.throws(() => ingressRule('foo'), /rule foo is invalid and should be in format/);
});

test('parses the ports of a service', () => {
  assert.deepEqual(servicePorts(['80', '443:https']), [
    { name: '80', port: 80, protocol: 'TCP', targetPort: 80 },
    { name: '443-https', port: 443, protocol: 'TCP', targetPort: 'https' },
  ]);
  assert.throws(() => servicePorts(['70000']), /value out of range/);
});

test('parses selectors, subjects and lines of an env file', () => {
  assert.deepEqual(labelSelectorOf('a=b,c in (e,d),!f'), {
    matchExpressions: [
      { key: 'c', operator: 'In', values: ['d', 'e'] },
      { key: 'f', operator: 'DoesNotExist' },
    ],
    matchLabels: { a: 'b' },
  });
  assert.throws(() => subjectsOf({ user: [], group: [], serviceaccount: ['x'] }), /<namespace>:<name>/);
  assert.deepEqual(envFile('A=1\n# no\n\nB=x y\nHOME\nNONE\n', { HOME: '/h' }), [
    ['A', '1'],
    ['B', 'x y'],
    ['HOME', '/h'],
    ['NONE', ''],
  ]);
});

test('reads entries from files, folders and literals; refuses duplicate keys', async () => {
  const files = {
    list: async (path: string) => (path === 'dir' ? ['one', 'two'] : undefined),
    readBytes: async (path: string) => Buffer.from(path),
  };
  const read = (flags: { 'from-file'?: string[]; 'from-literal'?: string[] }) =>
    keyValues(
      { 'from-env-file': [], 'from-file': [], 'from-literal': [], ...flags },
      { files, environment: {}, object: { kind: 'ConfigMap', name: 'c' } },
    );
  const all = await read({ 'from-file': ['k=a/file', 'a/file'], 'from-literal': ["q='x=y'"] });
  assert.deepEqual(
    [...all].map(([key, value]) => `${key}:${Buffer.from(value)}`),
    ['k:a/file', 'file:a/file', 'q:x=y'],
  );
  const twice = { 'from-literal': ['a=1', 'a=2'] };
  await assert.rejects(read(twice), {
    message: 'cannot add key "a", another key by that name already exists in Data for ConfigMap "c"',
  });
});

test('the hash that --append-hash appends is the one of upstream', () => {
  assert.equal(contentHash({ kind: 'ConfigMap', name: '', data: {} }), '42745tchd9');
});
