import { requiredValue, tooMany, unsupportedValue } from '@typernetes/machinery';
import type { Problems } from '../meta/field-checks.ts';
import type { Container } from './v1.gen.ts';

const policies = ['Always', 'Never', 'OnFailure'];
const actions = ['Restart', 'RestartAllContainers'];
const operators = ['In', 'NotIn'];
const maxRules = 20;
const maxExitCodes = 255;

type Restarts = Pick<Container, 'restartPolicy' | 'restartPolicyRules'>;

/**
 * Rules for the restart policy and restart rules of a single container; sidecars may have rules that restart all
 * containers. Upstream: validateContainerRestartPolicy.
 */
export function* containerRestartProblems(
  { restartPolicy, restartPolicyRules: rules = [] }: Restarts,
  at: string,
): Problems {
  if (restartPolicy == null) {
    if (rules.length > 0) {
      yield requiredValue(`${at}.restartPolicy`, 'must specify restartPolicy when restart rules are used');
    }
  } else if (!policies.includes(restartPolicy)) yield unsupportedValue(`${at}.restartPolicy`, restartPolicy, policies);
  if (rules.length > maxRules) yield tooMany(`${at}.restartPolicyRules`, rules.length, maxRules);
  for (const [i, { action, exitCodes }] of rules.entries()) {
    const path = `${at}.restartPolicyRules[${i}]`;
    if (!actions.includes(action ?? '')) yield unsupportedValue(`${path}.action`, action ?? '', actions);
    if (!exitCodes) {
      yield requiredValue(`${path}.exitCodes`, 'must be specified');
      continue;
    }
    const { operator = '', values = [] } = exitCodes;
    if (!operators.includes(operator)) yield unsupportedValue(`${path}.exitCodes.operator`, operator, operators);
    if (values.length > maxExitCodes) yield tooMany(`${path}.exitCodes.values`, values.length, maxExitCodes);
  }
}
