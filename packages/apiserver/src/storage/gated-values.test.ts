import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ApiObject } from '@typernetes/machinery';
import { gatedValueProblems } from './gated-values.ts';

const pods = { group: '', plural: 'pods' };
const pod = (...operators: string[]): ApiObject =>
  ({
    metadata: { name: 'a' },
    spec: { tolerations: operators.map((operator) => ({ key: 'sla', operator })) },
  }) as never;

test('tolerations may compare numbers only if the gate is enabled, or existing ones do', () => {
  const problems = (isOn: boolean, next: ApiObject, current?: ApiObject): string[] =>
    gatedValueProblems(pods, { next, current }, () => isOn).map(({ field }) => field);
  assert.deepEqual(problems(false, pod('Exists', 'Gt', 'Lt')), [
    'spec.tolerations[1].operator',
    'spec.tolerations[2].operator',
  ]);
  assert.deepEqual(problems(true, pod('Gt')), []);
  assert.deepEqual(problems(false, pod('Gt', 'Lt'), pod('Lt')), []);
  assert.deepEqual(problems(false, pod('Gt'), pod('Exists')), ['spec.tolerations[0].operator']);
  assert.deepEqual(problems(false, pod()), []);
});

test('pod templates have them too', () => {
  const set = { metadata: { name: 'a' }, spec: { template: { spec: { tolerations: [{ operator: 'Gt' }] } } } } as never;
  const type = { group: 'apps', plural: 'daemonsets' };
  const [problem] = gatedValueProblems(type, { next: set, current: undefined }, () => false);
  assert.equal(problem?.field, 'spec.template.spec.tolerations[0].operator');
});
