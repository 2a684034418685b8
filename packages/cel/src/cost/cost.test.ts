import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { check } from '../check/checker.ts';
import { extendEnvironment } from '../environment/environment.ts';
import { kubernetesEnvironment } from '../environment/kubernetes.ts';
import { authorizerType, celAuthorizer } from '../library/authorizer.ts';
import { compile } from '../program.ts';
import { parse } from '../syntax/parser.ts';
import { schemaType } from '../types/schema-type.ts';
import { estimatedCost } from './estimate.ts';

const sums = '[1, 2, 3, 4, 5]';
const texts = "['012345678901', '012345678901', '012345678901', '012345678901', '012345678901']";
const stages =
  "authorizer.group('apps').resource('deployments').subresource('status').namespace('test').name('backend')";

/** Upstream's figures: the estimate, then the actual cost of an evaluation. */
const calls: readonly (readonly [expression: string, min: number, max: number, spent: number])[] = [
  [`${sums}.sum()`, 15, 15, 15],
  [`${sums}.isSorted()`, 15, 15, 15],
  ["[duration('1s'), duration('2s'), duration('3s'), duration('4s'), duration('5s')].max()", 20, 20, 20],
  [`${sums}.indexOf(3)`, 15, 15, 15],
  ["'01234567890123456789012345678901234567890123456789'.lastIndexOf('123')", 5, 5, 5],
  ["url('https:://kubernetes.io/').getHost()", 4, 4, 4],
  ["'ABCDEFGHIJ abcdefghij'.lowerAscii()", 3, 3, 3],
  ["'ABCDEFGHIJ abcdefghij'.lowerAscii() == 'abcdefghij ABCDEFGHIJ'.lowerAscii()", 7, 9, 9],
  ["strings.quote('ABCDEFGHIJ abcdefghij') == strings.quote('ABCDEFGHIJ abcdefghij')", 7, 11, 9],
  ["'abc 123 def 123'.replace('123', '456')", 3, 3, 3],
  ["'abc 123 def 123'.replace('123', '456', 1)", 3, 3, 3],
  ["'abc 123 def 123'.split(' ')", 3, 3, 3],
  ["'abc 123 def 123'.substring(5, 8)", 2, 2, 2],
  ["'abc 123 def 123'.find('123')", 2, 2, 2],
  ["'abc 123 def 123'.findAll('123', 1)", 2, 2, 2],
  ["authorizer.path('/healthz').check('get').allowed()", 350003, 350003, 350003],
  [stages, 6, 6, 6],
  [`${stages}.check('create').error()`, 350007, 350007, 350007],
  ['quantity("50M").isLessThan(quantity("50Mi"))', 3, 3, 3],
  ['quantity("50k").add(20).sub(quantity("100k")).sub(-50000).asInteger() > 0', 7, 7, 7],
  ['sets.contains([], [])', 21, 21, 21],
  ['sets.contains([1, 2, 3, 4], [2, 3])', 29, 29, 29],
  ['sets.equivalent([1, 2, 3], [3, 2, 1])', 39, 39, 39],
  ['!sets.intersects([1], [2])', 23, 23, 23],
];

describe('Cost of calls', () => {
  const environment = extendEnvironment(kubernetesEnvironment, { variables: { authorizer: authorizerType } });
  for (const [expression, min, max, spent] of calls) {
    it(expression, async () => {
      const expr = parse(expression, false);
      assert.deepEqual(estimatedCost(expr, check(expr, environment), environment), { min, max });
      const authorizer = celAuthorizer(async () => ({ allowed: true, reason: '' }));
      const { cost } = await compile(expression, environment).evaluateAsync({ authorizer });
      assert.equal(cost, spent);
    });
  }

  it('a concatenated list has a size even before it is bound to a variable', () => {
    const joined = "['aa', 'bb', 'cc', 'd', 'e', 'f', 'g', 'h', 'i', 'j'].join(' ')";
    assert.equal(compile(joined, kubernetesEnvironment).evaluate({}).cost, 15);
    assert.equal(compile(`${texts}.isSorted()`, kubernetesEnvironment).evaluate({}).cost, 15);
  });
});

describe('Estimates by schemas', () => {
  const text = { type: 'string', maxLength: 10 };
  const cases: readonly (readonly [object, string, number])[] = [
    // A character may take four bytes.
    [text, "self.startsWith('s')", 2],
    [text, "self.contains('s')", 1 + 4],
    [{ type: 'integer' }, 'self < 5', 2],
    [{ type: 'array', maxItems: 10, items: { type: 'integer' } }, 'self.all(x, x == 5)', 1 + 1 + 10 * (2 + 2)],
    [{ type: 'array', maxItems: 10, items: text }, "self.all(x, x == 'a')", 1 + 1 + 10 * (2 + 3)],
    [
      { type: 'object', additionalProperties: text, maxProperties: 3 },
      "self.all(k, self[k].matches('^a*$'))",
      1 + 1 + 3 * (2 + 1 + 3 + 5),
    ],
    [{ type: 'object', properties: { a: text, b: text } }, 'self.a == self.b', 2 + 2 + 4],
    [{ type: 'object', properties: { a: text } }, '!has(self.a) || self.a.size() > 0', 1 + 1 + 4],
    // Nothing is known of what a number looks like as a text.
    [{ type: 'integer' }, "'v' + string(self) == 'a'", 2 + Math.ceil(2 ** 64 * 0.1)],
  ];
  for (const [schema, rule, max] of cases) {
    it(`${rule} of ${JSON.stringify(schema)}`, () => {
      const self = schemaType(schema, '@self');
      assert.ok(self);
      const environment = extendEnvironment(kubernetesEnvironment, { variables: { self, oldSelf: self } });
      assert.equal(compile(rule, environment, { estimateCost: true }).maxCost, max);
    });
  }

  it('bounds what has no bound by the size of a request', () => {
    const items = { type: 'object', required: ['name'], properties: { name: { type: 'string' } } };
    const declared = schemaType({ type: 'array', items }, '@self');
    assert.equal(declared?.maxSize, Math.floor((3145728 - 2) / (2 + 4 + 2 + 4 + 1)));
    assert.equal(schemaType({ type: 'string', enum: ['abc', 'd'] }, '@self')?.maxSize, 3);
    assert.equal(schemaType({ type: 'string', format: 'date-time' }, '@self')?.maxSize, 32);
  });
});
