import assert from 'node:assert/strict';
import { test } from 'node:test';
import { subPathOf } from './mounts.ts';

const environment = new Map([
  ['POD', 'web-0'],
  ['ROOT', '/tmp'],
  ['UP', '..'],
  ['NONE', ''],
]);

test("subPathExpr expands the container's variables", () => {
  assert.equal(subPathOf({}, environment), '');
  assert.equal(subPathOf({ subPath: 'a/$(POD)' }, environment), 'a/$(POD)');
  assert.equal(subPathOf({ subPathExpr: 'logs/$(POD)' }, environment), 'logs/web-0');
});

for (const [subPathExpr, message] of [
  ['$(ROOT)', 'error SubPath `/tmp` must not be an absolute path'],
  ['a/$(UP)/b', "unable to provision SubPath `a/../b`: must not contain '..'"],
  ['$(NONE)/$(LOST)', 'missing value for LOST, NONE'],
] as const)
  test(`no container starts with the part ${subPathExpr}`, () =>
    assert.throws(() => subPathOf({ subPathExpr }, environment), { message }));
