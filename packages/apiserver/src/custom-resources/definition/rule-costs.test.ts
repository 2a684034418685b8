import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { problemText } from '@typernetes/machinery';
import type { StructuralSchema } from '../schema/structural-schema.ts';
import { ruleDefinitionProblems } from './rule-definition-problems.ts';

const rule = (source: string, messageExpression?: string) => ({
  'x-kubernetes-validations': [{ rule: source, ...(messageExpression ? { messageExpression } : {}) }],
});
const root = (properties: Record<string, StructuralSchema>): StructuralSchema => ({ type: 'object', properties });
const problems = (schema: StructuralSchema, unchanged = false): string[] =>
  [...ruleDefinitionProblems(schema, 'schema', { unchanged, unsound: [] })].map((problem) =>
    problemText(problem).replace(': Forbidden: ', ': '),
  );

const advice =
  '(try simplifying the rule, or adding maxItems, maxProperties, and maxLength where arrays, maps, and strings are declared)';
const contributed = 'contributed to estimated rule cost total exceeding cost limit for entire OpenAPIv3 schema';
const total =
  'x-kubernetes-validations estimated rule cost total for entire OpenAPIv3 schema exceeds budget by factor of';

describe('Cost of the rules of a definition', () => {
  it('accepts what the schema bounds', () => {
    const names: StructuralSchema = { type: 'array', maxItems: 100, items: { type: 'string', maxLength: 63 } };
    assert.deepEqual(problems(root({ names: { ...names, ...rule("self.all(x, x.startsWith('a'))") } })), []);
    assert.deepEqual(problems(root({ replicas: { type: 'integer', ...rule('self > 0') } })), []);
  });

  it('refuses a rule within unbounded lists', () => {
    const inner: StructuralSchema = { type: 'array', items: { type: 'string', ...rule("self.contains('keyword')") } };
    const at = 'schema.properties[list].items.x-kubernetes-validations[0].rule';
    assert.deepEqual(problems(root({ list: inner })), [
      `${at}: estimated rule cost exceeds budget by factor of more than 100x ${advice}`,
      `${at}: ${contributed}`,
      `schema: ${total} more than 100x ${advice}`,
    ]);
    assert.equal(problems(root({ list: inner }), true).length, 2);
  });

  it('reports by which factor the limit is exceeded', () => {
    // 12 units, 1,048,576 times.
    const flags: StructuralSchema = {
      type: 'array',
      items: { type: 'integer', ...rule('self in [1, 2] || self == 3') },
    };
    assert.match(
      problems(root({ flags })).join(),
      /^schema\.properties\[flags\]\.items\.\S+: estimated rule cost exceeds budget by factor of \d\.\dx /,
    );
  });

  it('counts messages once', () => {
    const text: StructuralSchema = { type: 'integer', ...rule('self > 0', "'got ' + string(self)") };
    const at = 'schema.properties[n].x-kubernetes-validations[0].messageExpression';
    assert.equal(
      problems(root({ n: text }))[0],
      `${at}: estimated messageExpression cost exceeds budget by factor of more than 100x ${advice}`,
    );
    const formatted: StructuralSchema = { type: 'integer', ...rule('self > 0', "'got %d'.format([self])") };
    assert.deepEqual(problems(root({ n: formatted })), []);
  });
});
