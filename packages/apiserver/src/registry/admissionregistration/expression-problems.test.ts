import assert from 'node:assert/strict';
import { it } from 'node:test';
import {
  hookExpressionProblems,
  mutatingExpressionProblems,
  validatingExpressionProblems,
} from './expression-problems.ts';

const fields = (problems: readonly { field: string }[]): string[] => problems.map(({ field }) => field);
const policy = (spec: object) => ({ metadata: { name: 'p' }, spec }) as never;

it('finds the expressions that mean nothing', () => {
  const spec = {
    matchConditions: [{ name: 'a', expression: 'object.' }],
    variables: [
      { name: 'v', expression: '1 +' },
      { name: 'w', expression: '1' },
    ],
    validations: [
      { expression: 'variables.w == 1' },
      { expression: 'variables.w', messageExpression: '1' },
      { expression: 'params.x == 1' },
    ],
    auditAnnotations: [{ key: 'k', valueExpression: 'true' }],
  };
  assert.deepEqual(fields(validatingExpressionProblems(policy(spec))), [
    'spec.matchConditions[0].expression',
    'spec.variables[0].expression',
    'spec.validations[1].expression',
    'spec.validations[1].messageExpression',
    'spec.validations[2].expression',
    'spec.auditAnnotations[0].valueExpression',
  ]);
  const [broken, , wrongType] = validatingExpressionProblems(policy(spec));
  assert.match(broken?.body ?? '', /^Invalid value: "object\.": compilation failed: ERROR: <input>:1:8: /);
  assert.equal(wrongType?.body, 'Invalid value: "variables.w": must evaluate to bool');
  const withParams = validatingExpressionProblems(
    policy({ paramKind: {}, validations: [{ expression: 'params.x == 1' }] }),
  );
  assert.deepEqual(withParams, []);
});

it('accepts existing expressions', () => {
  const old = policy({ validations: [{ expression: 'object.' }] });
  const next = policy({ validations: [{ expression: 'object.' }, { expression: '1' }] });
  assert.deepEqual(fields(validatingExpressionProblems(next, old)), ['spec.validations[1].expression']);
});

it('checks mutations and the conditions of hooks', () => {
  const mutations = [
    {
      patchType: 'ApplyConfiguration',
      applyConfiguration: { expression: 'Object{metadata: Object.metadata{labels: {"a": "b"}}}' },
    },
    { patchType: 'ApplyConfiguration', applyConfiguration: { expression: '"text"' } },
    { patchType: 'JSONPatch', jsonPatch: { expression: '[JSONPatch{op: "add", path: "/a", valu: 1}]' } },
  ];
  assert.deepEqual(fields(mutatingExpressionProblems(policy({ mutations }))), [
    'spec.mutations[1].applyConfiguration.expression',
    'spec.mutations[2].jsonPatch.expression',
  ]);
  const webhooks = [{ matchConditions: [{ name: 'a', expression: 'request.userInfo.username' }] }] as never;
  // Its type is known only at evaluation.
  assert.deepEqual(hookExpressionProblems({ webhooks }), []);
  const wrong = [{ matchConditions: [{ name: 'a', expression: '1' }] }] as never;
  assert.deepEqual(fields(hookExpressionProblems({ webhooks: wrong })), ['webhooks[0].matchConditions[0].expression']);
  assert.deepEqual(hookExpressionProblems({ webhooks: wrong }, { webhooks: wrong }), []);
});
