import assert from 'node:assert/strict';
import { globSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';

const root = join(import.meta.dirname, '..');
const folder = join(root, 'docs/checklists');
const tests = globSync(
  ['{packages,apps}/*/src/**/*.{test,itest}.ts', '{test,examples,images}/**/*.test.ts', 'bench/*.ts'],
  {
    cwd: root,
  },
);
/** A file (the end of its path is enough, and it may have stars), and the name of one of its tests. */
const mention = /`([\w./*-]+\.(?:test|itest|bench)\.ts)`(?: \*([^*]+)\*)?/g;

for (const list of readdirSync(folder)) {
  const named = [...readFileSync(join(folder, list), 'utf8').matchAll(mention)];
  if (named.length === 0) continue;
  test(`the tests that ${list} names exist`, () => {
    const missing = named.filter(([, file = '', name = '']) => {
      const path = new RegExp(`/${file.replaceAll('.', '\\.').replaceAll('*', '[^/]*')}$`);
      const found = tests.filter((one) => path.test(`/${one}`));
      return !found.some((one) => readFileSync(join(root, one), 'utf8').replaceAll("\\'", "'").includes(name));
    });
    assert.deepEqual(
      missing.map(([whole]) => whole),
      [],
    );
  });
}
