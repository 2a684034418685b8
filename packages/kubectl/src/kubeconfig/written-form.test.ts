import assert from 'node:assert/strict';
import { existsSync, lstatSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { writeKubeconfigFile } from './written-form.ts';

const config = { clusters: {}, contexts: {}, users: {}, currentContext: 'here' };

test('keeps a symbolic link to a kubeconfig, and respects a foreign lock', () => {
  const folder = mkdtempSync(join(tmpdir(), 'kubeconfig-'));
  try {
    const [file, link] = [join(folder, 'config'), join(folder, 'link')];
    writeFileSync(file, '');
    symlinkSync('config', link);
    writeKubeconfigFile(link, config);
    assert.ok(lstatSync(link).isSymbolicLink());
    assert.match(readFileSync(file, 'utf8'), /current-context: here/);
    assert.ok(!existsSync(`${link}.lock`));
    writeFileSync(`${file}.lock`, '');
    assert.throws(() => writeKubeconfigFile(file, config), { message: `open ${file}.lock: file exists` });
  } finally {
    rmSync(folder, { recursive: true });
  }
});
