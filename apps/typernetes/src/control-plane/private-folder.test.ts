import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { test } from 'node:test';
import { PrivateFolder } from './private-folder.ts';

test('files are there until the folder is removed, and may come back', () => {
  const folder = new PrivateFolder();
  const path = folder.write('ca.crt', 'A');
  assert.equal(folder.write('ca.crt', 'B'), path);
  assert.deepEqual([readFileSync(path, 'utf8'), statSync(path).mode & 0o777], ['A', 0o600]);
  folder.remove();
  assert.equal(existsSync(dirname(path)), false);
  const next = folder.write('kubeconfig', 'C');
  assert.equal(readFileSync(next, 'utf8'), 'C');
  folder.remove();
  folder.remove();
  assert.equal(existsSync(dirname(next)), false);
});

test('many folders go when the process exits, with one listener for all', () => {
  const program = `
    const { PrivateFolder } = await import('./private-folder.ts');
    const paths = Array.from({ length: 12 }, () => new PrivateFolder().write('a', ''));
    console.log(process.listenerCount('exit'), paths[11]);
    process.exit(0);
  `;
  const run = spawnSync(process.execPath, ['--input-type=module', '-e', program], {
    cwd: import.meta.dirname,
    encoding: 'utf8',
  });
  const [count, path = ''] = run.stdout.trim().split(' ');
  assert.deepEqual([run.stderr, count, existsSync(dirname(path))], ['', '1', false]);
});
