import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { mergeKubeconfigs, resolveContext, singleContext } from './kubeconfig.ts';
import {
  loadDefaultKubeconfig,
  loadKubeconfig,
  parseKubeconfig,
  transportOptions,
  writeKubeconfig,
} from './kubeconfig-file.ts';

const admin = singleContext({
  clusterName: 'kubernetes',
  cluster: { server: 'https://10.0.0.1:6443', 'certificate-authority-data': Buffer.from('CA').toString('base64') },
  userName: 'kubernetes-admin',
  user: { 'client-certificate': 'pki/admin.crt', token: 't' },
});

test('what is written is read back, readable by its owner alone, paths relative to the file', () => {
  const directory = mkdtempSync(join(tmpdir(), 'kubeconfig-'));
  try {
    const file = join(directory, 'sub', 'admin.conf');
    writeKubeconfig(file, admin);
    assert.equal(statSync(file).mode & 0o777, 0o600);
    const read = loadKubeconfig(file);
    assert.equal(read.currentContext, 'kubernetes-admin@kubernetes');
    assert.equal(read.users['kubernetes-admin']?.['client-certificate'], join(directory, 'sub', 'pki/admin.crt'));
    writeFileSync(join(directory, 'sub', 'ca.crt'), 'CA FILE');
    const context = resolveContext({ ...read, users: { 'kubernetes-admin': { token: 't' } } });
    assert.deepEqual(transportOptions(context), {
      server: 'https://10.0.0.1:6443',
      tls: { ca: 'CA', insecureSkipVerify: false },
      token: 't',
    });
  } finally {
    rmSync(directory, { recursive: true });
  }
});

test('of several files the first that names something wins; files that are missing are skipped', () => {
  const other = parseKubeconfig(
    'current-context: dev\ncontexts: [{name: dev, context: {cluster: dev, user: dev, namespace: shop}}]\nclusters: null\n',
  );
  const merged = mergeKubeconfigs([admin, other]);
  assert.equal(merged.currentContext, 'kubernetes-admin@kubernetes');
  assert.deepEqual(Object.keys(merged.contexts).sort(), ['dev', 'kubernetes-admin@kubernetes']);
  assert.deepEqual(loadDefaultKubeconfig({ KUBECONFIG: '/does/not/exist:/nor/does/this' }).clusters, {});
  assert.throws(() => loadDefaultKubeconfig({}, '/does/not/exist'), { code: 'ENOENT' });
});

test('a context that does not exist is an error, and overrides beat the file', () => {
  assert.throws(() => resolveContext(admin, { context: 'nope' }), /context was not found for specified context: nope/);
  const { cluster, user, namespace } = resolveContext(admin, { server: 'https://[::1]:1', token: 'x', namespace: 'n' });
  assert.deepEqual(
    [cluster.server, user, namespace],
    ['https://[::1]:1', { ...admin.users['kubernetes-admin'], token: 'x' }, 'n'],
  );
});
