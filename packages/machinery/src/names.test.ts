import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  configKeyProblems,
  envVarNameProblems,
  labelNameProblems,
  labelValueProblems,
  pathSegmentProblems,
  portNameProblems,
  prefixOf,
  qualifiedNameProblems,
  subdomainProblems,
} from './names.ts';

test('well-formed strings pass', () => {
  assert.deepEqual(labelNameProblems('web-1'), []);
  assert.deepEqual(subdomainProblems('web.example.com'), []);
  assert.deepEqual(qualifiedNameProblems('app.kubernetes.io/name'), []);
  assert.deepEqual(labelValueProblems(''), []);
  assert.deepEqual(portNameProblems('http-alt'), []);
  assert.deepEqual(configKeyProblems('.bashrc'), []);
  assert.deepEqual(envVarNameProblems('MY.VAR-1'), []);
  assert.deepEqual(prefixOf(labelNameProblems)('web-'), []);
});

test("reports malformed strings in upstream's words", () => {
  assert.deepEqual(labelNameProblems('a.b'), ['must not contain dots']);
  assert.deepEqual(labelNameProblems('Web'), [
    "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')",
  ]);
  assert.deepEqual(labelNameProblems('x'.repeat(64)), ['must be no more than 63 characters']);
  assert.deepEqual(subdomainProblems('a..b'), [
    "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')",
  ]);
  assert.equal(qualifiedNameProblems('a/b/c').length, 1);
  assert.equal(qualifiedNameProblems('/b')[0], 'prefix part must be non-empty');
  assert.equal(qualifiedNameProblems('a/')[0], 'name part must be non-empty');
  assert.deepEqual(pathSegmentProblems('a/b%'), ["may not contain '/'", "may not contain '%'"]);
  assert.deepEqual(configKeyProblems('..x'), ["must not start with '..'"]);
  assert.equal(portNameProblems('--').length, 3);
});
