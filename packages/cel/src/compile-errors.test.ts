import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createEnvironment } from './environment/environment.ts';
import { lists } from './library/lists.ts';
import { compile } from './program.ts';
import { dynType, intType, listType, mapType, stringType } from './types/type.ts';

const environment = createEnvironment({
  homogeneousLiterals: true,
  libraries: [lists],
  variables: { x: intType, names: listType(stringType), labels: mapType(stringType, stringType), anything: dynType },
});

function errorOf(expr: string): string {
  try {
    compile(expr, environment);
  } catch (error) {
    return (error as Error).message;
  }
  return '';
}

describe('Errors of expressions', () => {
  const cases: Readonly<Record<string, string>> = {
    foo: "ERROR: <input>:1:1: undeclared reference to 'foo' (in container '')\n | foo\n | ^",
    'fun()': "ERROR: <input>:1:4: undeclared reference to 'fun' (in container '')\n | fun()\n | ...^",
    "x + 'a'":
      "ERROR: <input>:1:3: found no matching overload for '_+_' applied to '(int, string)'\n | x + 'a'\n | ..^",
    'x == null':
      "ERROR: <input>:1:3: found no matching overload for '_==_' applied to '(int, null)'\n | x == null\n | ..^",
    'x.y': "ERROR: <input>:1:2: type 'int' does not support field selection\n | x.y\n | .^",
    'names.all(n, 1)':
      "ERROR: <input>:1:14: expected type 'bool' but found 'int'\n | names.all(n, 1)\n | .............^",
    'x.all(e, true)':
      "ERROR: <input>:1:1: expression of type 'int' cannot be range of a comprehension (must be list, map, or dynamic)\n | x.all(e, true)\n | ^",
    'has(x)': 'ERROR: <input>:1:4: invalid argument to has() macro\n | has(x)\n | ...^',
    "'a'.matches(1)":
      "ERROR: <input>:1:12: found no matching overload for 'matches' applied to 'string.(int)'\n | 'a'.matches(1)\n | ...........^",
    "[1, 'a']": "ERROR: <input>:1:5: expected type 'int' but found 'string'\n | [1, 'a']\n | ....^",
  };
  for (const [expr, message] of Object.entries(cases)) it(expr, () => assert.equal(errorOf(expr), message));
});

describe('Errors of evaluation', () => {
  const cases: Readonly<Record<string, string>> = {
    'labels.missing == "a"': 'no such key: missing',
    'names[5] == "a"': 'index out of bounds: 5',
    'anything + 1 == 2': 'no such overload',
    '1 / (x - 1) == 0': 'division by zero',
  };
  const variables = { x: 1, names: ['a'], labels: {}, anything: 'text' };
  for (const [expr, message] of Object.entries(cases)) {
    it(expr, () => assert.throws(() => compile(expr, environment).evaluate(variables), { name: 'CelError', message }));
  }

  it('stops at the cost limit', () => {
    const program = compile('names.all(n, names.all(m, n.size() + m.size() < 100))', environment);
    const names = Array.from({ length: 50 }, (_name, i) => `name-${i}`);
    assert.throws(() => program.evaluate({ names }, { costLimit: 1000 }), { name: 'CostLimitError' });
    assert.equal(program.evaluate({ names }).value, true);
  });

  it('counts cost as upstream does', () => {
    const cost = (expr: string): number => compile(expr, environment).evaluate(variables).cost;
    assert.equal(cost('x == 1'), 2);
    assert.equal(cost('labels.size() == 0'), 3);
    assert.equal(cost('"a" in names'), 2);
    assert.equal(cost('[1, 2].all(i, i > 0)'), 21);
    assert.equal(cost('[1, 2, 3].all(i, true)'), 20);
  });

  it('matches regular expressions in linear time', () => {
    const program = compile('anything.matches("(a+)+$")', environment);
    assert.equal(program.evaluate({ anything: `${'a'.repeat(5000)}!` }).value, false);
  });
});
