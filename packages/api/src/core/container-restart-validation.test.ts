import { test } from 'node:test';
import { assertProblems } from '../testing/problem-lines.ts';
import { containerRestartProblems } from './container-restart-validation.ts';

const rule = (action: string, exitCodes?: object) => ({ action, exitCodes }) as never;

test('restart rules need a policy, an action and exit codes', () => {
  const rules = [
    rule('Restart', { operator: 'In', values: [42] }),
    rule('RestartAllContainers', { operator: 'NotIn' }),
  ];
  assertProblems(containerRestartProblems({ restartPolicy: 'Never', restartPolicyRules: rules }, 'c'), []);
  assertProblems(containerRestartProblems({ restartPolicyRules: rules }, 'c'), [
    'c.restartPolicy: must specify restartPolicy when restart rules are used',
  ]);
  const wrong = [rule('Stop'), rule('Restart', { operator: 'Gt', values: Array(256).fill(1) })];
  assertProblems(containerRestartProblems({ restartPolicy: 'Maybe', restartPolicyRules: wrong }, 'c'), [
    'c.restartPolicy: supported values: "Always", "Never", "OnFailure"',
    'c.restartPolicyRules[0].action: supported values: "Restart", "RestartAllContainers"',
    'c.restartPolicyRules[0].exitCodes: must be specified',
    'c.restartPolicyRules[1].exitCodes.operator: supported values: "In", "NotIn"',
    'c.restartPolicyRules[1].exitCodes.values: must have at most 255 items',
  ]);
  assertProblems(
    containerRestartProblems({ restartPolicy: 'Never', restartPolicyRules: Array(21).fill(rules[0]) }, 'c'),
    ['c.restartPolicyRules: must have at most 20 items'],
  );
});

test('containers that run beside the others may have them, to restart all containers', () =>
  assertProblems(
    containerRestartProblems(
      { restartPolicy: 'Always', restartPolicyRules: [rule('RestartAllContainers', { operator: 'In', values: [88] })] },
      'c',
    ),
    [],
  ));
