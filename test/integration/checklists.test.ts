import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';

const root = join(import.meta.dirname, '../..');
const folders = ['.', 'packages/kubeadm/src', 'packages/kubectl/src', 'test/integration', 'test/walkthrough'];

test('the tests that the checklist of kubeadm and kubectl names are there', () => {
  const text = readFileSync(join(root, 'docs/checklists/kubeadm-and-kubectl.md'), 'utf8');
  const named = [...text.matchAll(/`([\w./*-]+\.(?:test|bench)\.ts)`/g)].map(([, file = '']) => file);
  assert.ok(named.length > 50, `${named.length} tests are named`);
  const missing = named.filter((file) => !folders.some((folder) => globSync(join(root, folder, file)).length > 0));
  assert.deepEqual(missing, []);
});
