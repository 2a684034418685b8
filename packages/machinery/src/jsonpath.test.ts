import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compileJsonPath, valuesAt } from './jsonpath.ts';

const list = {
  kind: 'List',
  items: [
    { metadata: { name: 'a', labels: { 'app.kubernetes.io/name': 'x' } }, status: { ready: true, n: 1 } },
    { metadata: { name: 'b' }, status: { ready: false, n: 2 } },
  ],
};

test('templates yield what kubectl prints', () => {
  const cases: [string, string][] = [
    ['.kind', 'List'],
    ['{.kind}', 'List'],
    ['kind is {.kind}', 'kind is List'],
    ['{.items[*].metadata.name}', 'a b'],
    ['{.items[0].metadata.name}', 'a'],
    ['{.items[-1].metadata.name}', 'b'],
    ['{.items[0:1].status.n}', '1'],
    ['{range .items[*]}{.metadata.name}{"\\t"}{.status.n}{"\\n"}{end}', 'a\t1\nb\t2\n'],
    ['{.items[?(@.metadata.name=="b")].status.n}', '2'],
    ['{.items[?(@.status.n>1)].metadata.name}', 'b'],
    ['{.items[0].metadata.labels.app\\.kubernetes\\.io/name}', 'x'],
    ["{.items[0].metadata['name','labels']}", 'a {"app.kubernetes.io/name":"x"}'],
    ['{..name}', 'a b'],
    ['{.items[0].status}', '{"n":1,"ready":true}'],
    ['{.missing}', ''],
  ];
  for (const [template, text] of cases) assert.equal(compileJsonPath(template).evaluate(list), text, template);
  assert.deepEqual(valuesAt('.items[*].status.n', list), [1, 2]);
});

test('broken templates are refused', () => {
  for (const template of ['{.items', '{range .items[*]}', '{end}', '{.items[}']) {
    assert.throws(() => compileJsonPath(template), template);
  }
});
