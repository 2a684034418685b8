import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseRequestInfo } from '../request/parse-request-info.ts';
import { matcherOf } from './matching.ts';

test('a path stands for all that is below it, with a star or without', () => {
  const matches = (url: string, path: string): boolean => {
    const subjects = [{ kind: 'User', user: { name: '*' } }];
    const rules = [{ subjects, nonResourceRules: [{ verbs: ['*'], nonResourceURLs: [url] }] }];
    const matcher = matcherOf({ spec: { priorityLevelConfiguration: { name: 'a' }, rules } } as never);
    return matcher(parseRequestInfo('GET', path, new URLSearchParams()), { username: 'jane', groups: [] });
  };
  for (const url of ['/apis', '/apis/', '/apis/*', '*']) assert.ok(matches(url, '/apis/apps'), url);
  assert.ok(matches('/apis', '/apis'));
  assert.ok(!matches('/apis/*', '/apis'));
  assert.ok(!matches('/api', '/apis/apps'));
});
