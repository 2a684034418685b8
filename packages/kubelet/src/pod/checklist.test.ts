import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';

const root = join(import.meta.dirname, '../../../..');

test('the tests that the checklist of pods names are there', () => {
  const text = readFileSync(join(root, 'docs/checklists/pods.md'), 'utf8');
  const files = globSync(['packages/*/src/**/*.test.ts', 'test/**/*.test.ts'], { cwd: root });
  const named = [...text.matchAll(/`([\w./-]+\.test\.ts)`(?: \*([^*]+)\*)?/g)];
  assert.ok(named.length > 80, `${named.length} tests are named`);
  const missing = named.filter(([, file = '', name = '']) => {
    const found = files.filter((one) => `/${one}`.endsWith(`/${file}`));
    return !found.some((one) => readFileSync(join(root, one), 'utf8').replaceAll("\\'", "'").includes(name));
  });
  assert.deepEqual(
    missing.map(([whole]) => whole),
    [],
  );
});
