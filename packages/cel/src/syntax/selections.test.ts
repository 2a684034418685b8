import assert from 'node:assert/strict';
import { test } from 'node:test';
import { dynType, extendEnvironment, kubernetesEnvironment } from '../index.ts';
import { selectsField } from './selections.ts';

test('finds a field of a variable wherever the expression reads it', () => {
  const environment = extendEnvironment(kubernetesEnvironment, { variables: { claims: dynType } });
  const cases: [source: string, selects: boolean][] = [
    ['claims.email', true],
    ['has(claims.email)', true],
    ["claims.?email.orValue('')", true],
    ["'p:' + claims.email.lowerAscii()", true],
    ['claims.groups.exists(g, g == claims.email)', true],
    ["{'a': [claims.email]}.a[0]", true],
    ['claims.sub', false],
    ['claims.email_verified', false],
    ['claims.a.email', false],
    ["'claims.email'", false],
  ];
  for (const [source, selects] of cases)
    assert.equal(selectsField(source, environment, { variable: 'claims', field: 'email' }), selects, source);
});
