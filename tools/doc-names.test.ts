import assert from 'node:assert/strict';
import { existsSync, globSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';

const root = join(import.meta.dirname, '..');
const isOurs = (path: string): boolean => !path.includes('node_modules');
const pages = globSync(['*.md', 'docs/**/*.md', 'packages/**/README.md', 'bench/README.md'], { cwd: root }).filter(
  isOurs,
);
const sources = globSync('{apps,packages,tools,test,bench,images,examples}/**/*.{ts,tsx}', { cwd: root }).filter(
  isOurs,
);

/** A source file: the end of its path is enough. `x.test.ts` stands for any. */
const source = /`((?!x\.)(?:[\w.@-]+\/)*[\w.-]+\.tsx?)`/g;
/** The target of a link, without its fragment; links to other sites do not match. */
const link = /\]\(([^)#:\s]+)(?:#[^)]*)?\)/g;

const isNamed = (name: string): boolean => {
  const end = `/${name.replace(/^(?:\.\.?\/)+/, '')}`;
  return sources.some((path) => `/${path}`.endsWith(end));
};

test('source files that pages name exist', () => {
  const missing = pages.flatMap((page) =>
    [...readFileSync(join(root, page), 'utf8').matchAll(source)].flatMap(([, name = '']) =>
      isNamed(name) ? [] : [`${page}: ${name}`],
    ),
  );
  assert.deepEqual(missing, []);
});

test('pages that pages link to exist', () => {
  const missing = pages.flatMap((page) =>
    [...readFileSync(join(root, page), 'utf8').matchAll(link)].flatMap(([, address = '']) =>
      existsSync(join(root, dirname(page), address)) ? [] : [`${page}: ${address}`],
    ),
  );
  assert.deepEqual(missing, []);
});

test('each directory of a package is in its README, or has its own', () => {
  const folders = globSync('packages/*/src/*/', { cwd: root }).map((path) => path.replace(/\/$/, ''));
  const unnamed = folders.filter((path) => {
    const [, name = '', , folder = ''] = path.split('/');
    // The directories of api are API groups.
    if (name === 'api' || /^test(ing|data)$/.test(folder) || existsSync(join(root, path, 'README.md'))) return false;
    return !new RegExp(`[\\s\`/]${folder}[/\`]`).test(readFileSync(join(root, 'packages', name, 'README.md'), 'utf8'));
  });
  assert.deepEqual(unnamed, []);
});

test('the files to read first are given by full path, and exist', () => {
  const [, chapter = ''] = readFileSync(join(root, 'ARCHITECTURE.md'), 'utf8').split('\n## Read it in an afternoon\n');
  const steps = chapter.split('\n## ')[0]?.match(/^\d+\. .*$/gm) ?? [];
  const files = steps.flatMap((step) =>
    [...step.matchAll(/`((?:apps|packages)\/[^`]+)`/g)].map(([, path = '']) => path),
  );
  assert.ok(files.length >= 15);
  assert.deepEqual(
    files.filter((path) => !existsSync(join(root, path))),
    [],
  );
});
