import assert from 'node:assert/strict';
import { test } from 'node:test';
import { allowedPaths, defaultAllowedPaths } from './allowed-paths.ts';

test('paths are allowed completely or by prefix', () => {
  const cases: [paths: readonly string[], path: string, isAllowed: boolean][] = [
    [defaultAllowedPaths, '/healthz', true],
    [defaultAllowedPaths, '/livez', true],
    [defaultAllowedPaths, '/healthz/ping', false],
    [defaultAllowedPaths, '/metrics', false],
    [['healthz'], '/healthz', true],
    [['/'], '/', true],
    [['/'], '/metrics', false],
    [['/healthz*', '/metrics'], '/healthz/ping', true],
    [['/healthz*', '/metrics'], '/metrics', true],
    [['/healthz*', '/metrics'], '/metrics/slis', false],
    [['*'], '/configz', true],
    [[], '/healthz', false],
  ];
  for (const [paths, path, isAllowed] of cases)
    assert.equal(allowedPaths(paths)(path), isAllowed, `${path} by ${paths.join(',')}`);
  assert.throws(() => allowedPaths(['/a*b']), /^Error: only trailing \* allowed in "a\*b"$/);
});
