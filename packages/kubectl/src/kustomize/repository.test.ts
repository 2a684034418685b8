import assert from 'node:assert/strict';
import { test } from 'node:test';
import { repositoryAt } from './repository.ts';

/** Paths of kustomizations, and the repository, folder and ref that upstream takes out of each; null where it sees none. */
const cases: readonly [string, readonly [string, string, string] | null][] = [
  ['https://host/org/repo', ['https://host/org/repo', '', '']],
  ['https://host/org/repo/a/b?ref=v1', ['https://host/org/repo', 'a/b', 'v1']],
  ['https://host/a/b/c//d', ['https://host/a/b/c', 'd', '']],
  ['https://host:8443/a/b.git/c?version=x', ['https://host:8443/a/b.git', 'c', 'x']],
  ['https://dev.azure.com/o/p/_git/repo/sub', ['https://dev.azure.com/o/p/_git/repo', 'sub', '']],
  ['git@host:org/repo//x', ['git@host:org/repo', 'x', '']],
  ['ssh://git@host/org/repo', ['ssh://git@host/org/repo', '', '']],
  ['github.com/org/repo/x', ['https://github.com/org/repo', 'x', '']],
  ['git@github.com:org/repo', ['git@github.com:org/repo', '', '']],
  ['git::https://host/x.git', ['https://host/x.git', '', '']],
  ['file:///srv/repo', ['file:///srv/repo', '', '']],
  ['file:///srv/repo//over?ref=v1', ['file:///srv/repo', 'over', 'v1']],
  ['https://host/x.yaml', null],
  ['../base', null],
  ['/srv/repo', null],
  ['a/b/c', null],
];

test('recognizes repositories in paths as upstream does', () => {
  for (const [path, expected] of cases) {
    const found = repositoryAt(path);
    assert.deepEqual(found ? [found.url, found.folder, found.ref] : null, expected, path);
  }
});

test("a path can set git's timeout, and whether to fetch submodules", () => {
  const of = (query: string): unknown => {
    const { timeout, submodules } = repositoryAt(`https://host/org/repo?${query}`) ?? assert.fail(query);
    return [timeout, submodules];
  };
  assert.deepEqual(of(''), [27_000, true]);
  assert.deepEqual(of('timeout=90&submodules=false'), [90_000, false]);
  assert.deepEqual(of('timeout=1m30s'), [90_000, true]);
});
