import { duplicateValue, invalidValue, qualifiedNameProblems, tooMany } from '@typernetes/machinery';
import { oneOf, type Problems } from '../meta/field-checks.ts';
import type { JobSpec, PodFailurePolicyOnExitCodesRequirement, PodFailurePolicyRule } from './v1.gen.ts';

const maxRules = 20;
const maxValues = 255;

export function* podFailurePolicyProblems(spec: JobSpec, at: string): Problems {
  const rules = spec.podFailurePolicy?.rules ?? [];
  if (rules.length > maxRules) yield tooMany(`${at}.rules`, rules.length, maxRules);
  const containers = new Set(
    [...(spec.template?.spec?.containers ?? []), ...(spec.template?.spec?.initContainers ?? [])].map(
      ({ name }) => name,
    ),
  );
  for (const [i, rule] of rules.entries()) yield* ruleProblems(rule, { at: `${at}.rules[${i}]`, spec, containers });
}

interface RuleScope {
  readonly at: string;
  readonly spec: JobSpec;
  readonly containers: ReadonlySet<string>;
}

function* ruleProblems(rule: PodFailurePolicyRule, { at, spec, containers }: RuleScope): Problems {
  yield* oneOf(rule.action, { at: `${at}.action`, of: ['Count', 'FailIndex', 'FailJob', 'Ignore'], required: true });
  if (rule.action === 'FailIndex' && spec.backoffLimitPerIndex == null) {
    yield invalidValue(`${at}.action`, rule.action, 'requires the backoffLimitPerIndex to be set');
  }
  if (rule.onExitCodes) yield* exitCodeProblems(rule.onExitCodes, { at: `${at}.onExitCodes`, containers });
  const conditions = rule.onPodConditions ?? [];
  if (conditions.length > maxRules) yield tooMany(`${at}.onPodConditions`, conditions.length, maxRules);
  for (const [i, { type, status }] of conditions.entries()) {
    const path = `${at}.onPodConditions[${i}]`;
    for (const detail of qualifiedNameProblems(type)) yield invalidValue(`${path}.type`, type, detail);
    yield* oneOf(status, { at: `${path}.status`, of: ['False', 'True', 'Unknown'], required: true });
  }
  if (rule.onExitCodes && conditions.length > 0) {
    yield invalidValue(at, '', 'specifying both OnExitCodes and OnPodConditions is not supported');
  } else if (!rule.onExitCodes && conditions.length === 0) {
    yield invalidValue(at, '', 'specifying one of OnExitCodes and OnPodConditions is required');
  }
}

function* exitCodeProblems(
  requirement: PodFailurePolicyOnExitCodesRequirement,
  { at, containers }: { at: string; containers: ReadonlySet<string> },
): Problems {
  const { operator, values = [], containerName } = requirement;
  yield* oneOf(operator, { at: `${at}.operator`, of: ['In', 'NotIn'], required: true });
  if (containerName != null && !containers.has(containerName)) {
    const detail = 'must be one of the container or initContainer names in the pod template';
    yield invalidValue(`${at}.containerName`, containerName, detail);
  }
  if (values.length === 0) yield invalidValue(`${at}.values`, values, 'at least one value is required');
  else if (values.length > maxValues) yield tooMany(`${at}.values`, values.length, maxValues);
  const seen = new Set<number>();
  for (const [i, value] of values.entries()) {
    const path = `${at}.values[${i}]`;
    if (operator === 'In' && value === 0) yield invalidValue(path, value, 'must not be 0 for the In operator');
    if (seen.has(value)) yield duplicateValue(path, value);
    seen.add(value);
  }
  if (values.some((value, i) => i > 0 && value < (values[i - 1] as number))) {
    yield invalidValue(`${at}.values`, values, 'must be ordered');
  }
}
