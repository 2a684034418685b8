import assert from 'node:assert/strict';
import { test } from 'node:test';
import { goSyntax } from '../go-syntax.ts';
import { compileJsonPath, printedJsonPath, valuesAt } from './jsonpath.ts';

const list = {
  kind: 'List',
  items: [
    { metadata: { name: 'a', labels: { 'app.kubernetes.io/name': 'x' } }, status: { ready: true, n: 1 } },
    { metadata: { name: 'b' }, status: { ready: false, n: 2 } },
  ],
};

test('templates yield what kubectl prints', () => {
  const cases: [string, string][] = [
    ['.kind', '.kind'],
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
    ['{.items[::2].status.n}', '1'],
    ['{.items[1:1]}', ''],
    ["{.items[0]['metadata'].name}", 'a'],
    ['{.items[?(@.metadata.labels)].metadata.name}', 'a'],
    // A filter keeps the values found before the error if it needs no more.
    ['{.items[?(@.status[0])].metadata.name}', 'a b'],
    ['{.items[0].metadata.name}{5}{true}{"x"}', 'a5truex'],
    // A range without an end is repeated for each value, and once more after it.
    ['{range .items[*]}{.metadata.name}', 'ab'],
    ['{range .missing[*]}x{end}y', 'y'],
    ['{range .items[*]}{range .status}{.n},{end}{end}', '1,2,'],
  ];
  for (const [template, text] of cases) assert.equal(compileJsonPath(template).evaluate(list), text, template);
  assert.deepEqual(valuesAt('.items[*].status.n', list), [1, 2]);
});

test('broken templates are refused', () => {
  const refused: [string, string][] = [
    ['{.items', 'unclosed action'],
    ['{.items[}', 'unterminated array'],
    ['{.items[x]}', 'invalid array index x'],
    ['{.items["kind"]}', 'invalid array index "kind"'],
    ['{.items[?(@.kind}', 'unterminated filter'],
    ['{.items[?(@.kind).x}', 'unclosed array expect ]'],
    ['{"a}', 'unterminated quoted string'],
    ['{*}', "unrecognized character in action: U+002A '*'"],
    ['{....a}', 'invalid multiple recursive descent'],
    ['{1.2.3}', 'cannot parse number 1.2.3'],
  ];
  for (const [template, message] of refused) assert.throws(() => compileJsonPath(template), { message }, template);
});

test('an index out of range is an error, a slice is not', () => {
  const refused: [string, string][] = [
    ['{.items[7].kind}', 'array index out of bounds: index 7, length 2'],
    ['{.items[-3]}', 'array index out of bounds: index -1, length 2'],
    ['{.kind[0]}', 'string is not array or slice'],
    ['{.items[0].status.n[0]}', 'int64 is not array or slice'],
    ['{.items[0].metadata[0]}', 'map[string]interface {} is not array or slice'],
    ['{end}', 'not in range, nothing to end'],
    ['{kind}', 'unrecognized identifier kind'],
    ['{.kind[?(@.a)]}', 'List is not array or slice and cannot be filtered'],
    ['{.items[?(@.status.n=="1")]}', 'incompatible types for comparison'],
    ['{.items[?(@.status==1)]}', 'invalid type for comparison'],
    ['{.items[?(@.status.n=!1)]}', 'unrecognized filter operator =!'],
    ['{.items[0:2:0]}', 'step must be > 0'],
  ];
  for (const [template, message] of refused)
    assert.throws(() => compileJsonPath(template).evaluate(list), { message }, template);
  assert.equal(compileJsonPath('{.nosuch[0].x}').evaluate(list), '');
  assert.deepEqual(valuesAt('.items[7].status', list), []);
});

test("the error about a missing field shows the object in Go's syntax", () => {
  const print = printedJsonPath('{.a[1]}', (path, object) => path.evaluate(object));
  const message = [
    'error executing jsonpath "{.a[1]}": Error executing template: array index out of bounds: index 1, length 1. Printing more information for debugging the template:',
    '\ttemplate was:',
    '\t\t{.a[1]}',
    '\tobject given to jsonpath engine was:',
    '\t\tmap[string]interface {}{"a":[]interface {}{interface {}(nil)}, "z":1.5}',
    '',
    '',
    '',
  ].join('\n');
  assert.throws(() => print({ z: 1.5, a: [null] }), { message });
  assert.equal(
    goSyntax({ b: true, 'q"': 'line\n\u00e9\u0001\u{e000}\u00a0' }),
    'map[string]interface {}{"b":true, "q\\"":"line\\n\u00e9\\x01\\ue000\\u00a0"}',
  );
});
