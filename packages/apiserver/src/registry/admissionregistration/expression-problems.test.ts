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
  assert.equal(wrongType?.body, 'Invalid value: "variables.w": must evaluate to bool but got int');
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
  const webhooks = [
    { matchConditions: [{ name: 'a', expression: "request.userInfo.username == 'jane' || namespaceObject == null" }] },
  ] as never;
  assert.deepEqual(hookExpressionProblems({ webhooks }), []);
  const wrong = [{ matchConditions: [{ name: 'a', expression: '1' }] }] as never;
  assert.deepEqual(fields(hookExpressionProblems({ webhooks: wrong })), ['webhooks[0].matchConditions[0].expression']);
  assert.deepEqual(hookExpressionProblems({ webhooks: wrong }, { webhooks: wrong }), []);
});

it('says what is wrong with the types of expressions as upstream does', () => {
  const problemOf = (expression: string, rest: object = {}): string =>
    validatingExpressionProblems(
      policy({ validations: [{ expression, ...rest }], variables: [{ name: 'v', expression: '1' }] }),
    )
      .map(({ body }) => body ?? '')
      .join();
  assert.match(problemOf('object.spec.paused'), /: must evaluate to bool but got dyn$/);
  assert.match(problemOf('request.userInfo'), /: must evaluate to bool but got kubernetes\.UserInfo$/);
  assert.match(problemOf("request.userInfo.name == 'a'"), /undefined field 'name'/);
  assert.match(problemOf("namespaceObject.metadata.uid == 'a'"), /undefined field 'uid'/);
  assert.match(problemOf('variables.w == 1'), /ERROR: <input>:1:10: undefined field 'w'/);
  assert.equal(problemOf('has(variables.v) && variables.v == 1'), '');
  const asking = "authorizer.path('/').check('get').allowed() ? 'a' : 'b'";
  assert.match(problemOf('true', { messageExpression: asking }), /undeclared reference to 'authorizer'/);
});

it('takes a variable that does not compile for anything in what follows', () => {
  const spec = {
    variables: [
      { name: 'broken', expression: '1 +' },
      { name: 'size', expression: "quantity('1')" },
    ],
    validations: [
      { expression: 'variables.broken.x == 1' },
      { expression: "variables.size.isGreaterThan(quantity('0'))" },
    ],
  };
  assert.deepEqual(fields(validatingExpressionProblems(policy(spec))), ['spec.variables[0].expression']);
});

it('knows no variables where the policy has none', () => {
  const [problem] = validatingExpressionProblems(policy({ validations: [{ expression: 'variables.x == 1' }] }));
  assert.match(problem?.body ?? '', /undeclared reference to 'variables'/);
});
