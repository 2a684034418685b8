import {
  type FieldProblem,
  forbiddenValue,
  invalidValue,
  pathSegmentProblems,
  requiredValue,
} from '@typernetes/machinery';
import { quantityOf } from '../core/resources-validation.ts';
import { notNegative, oneOf, type Problems, wellFormed } from '../meta/field-checks.ts';
import { isWrongVersion, metricProblems, versionProblems } from './metric-validation.ts';
import type {
  CrossVersionObjectReference,
  HorizontalPodAutoscaler,
  HorizontalPodAutoscalerSpec,
  HPAScalingPolicy,
  HPAScalingRules,
} from './v2.gen.ts';

/** What a server lets autoscalers do. */
interface AutoscalerRules {
  /** Whether there may be no pods at all: for the gate HPAScaleToZero to say. */
  readonly toZero?: boolean;
}

export function validateHorizontalPodAutoscaler(
  { spec }: HorizontalPodAutoscaler,
  { toZero = false }: AutoscalerRules = {},
): FieldProblem[] {
  return [...specProblems(spec, { noReplicas: toZero })];
}

/** Invalid API versions that are stored may stay. */
export function validateHorizontalPodAutoscalerUpdate(
  { spec }: HorizontalPodAutoscaler,
  { spec: old }: HorizontalPodAutoscaler,
  { toZero = false }: AutoscalerRules = {},
): FieldProblem[] {
  const [target, oldTarget] = [spec.scaleTargetRef ?? {}, old.scaleTargetRef ?? {}];
  const allows = {
    noReplicas: toZero || old.minReplicas === 0,
    anyTargetVersion: target.apiVersion === oldTarget.apiVersion && target.kind === oldTarget.kind,
    anyObjectVersion: (old.metrics ?? []).some(
      ({ type, object }) => type === 'Object' && isWrongVersion(object?.describedObject?.apiVersion),
    ),
  };
  return [...specProblems(spec, allows)];
}

export function validateHorizontalPodAutoscalerStatus({ status }: HorizontalPodAutoscaler): FieldProblem[] {
  return [
    ...notNegative(status?.currentReplicas, 'status.currentReplicas'),
    ...notNegative(status?.desiredReplicas, 'status.desiredReplicas'),
  ];
}

interface Allows {
  readonly noReplicas?: boolean;
  readonly anyTargetVersion?: boolean;
  readonly anyObjectVersion?: boolean;
}

function* specProblems(spec: HorizontalPodAutoscalerSpec, allows: Allows): Problems {
  const { minReplicas, maxReplicas = 0, metrics = [], behavior } = spec;
  const least = allows.noReplicas ? 0 : 1;
  if (minReplicas != null && minReplicas < least) {
    yield invalidValue('spec.minReplicas', minReplicas, `must be greater than or equal to ${least}`);
  }
  if (maxReplicas < 1) {
    if (maxReplicas === 0) yield requiredValue('spec.maxReplicas', 'must be set and greater than 0');
    else yield invalidValue('spec.maxReplicas', maxReplicas, 'must be greater than or equal to 1');
  }
  if (minReplicas != null && maxReplicas < minReplicas) {
    yield invalidValue('spec.maxReplicas', maxReplicas, 'must be greater than or equal to `minReplicas`');
  }
  yield* referenceProblems(spec.scaleTargetRef ?? {}, allows);
  for (const [i, metric] of metrics.entries()) {
    const at = `spec.metrics[${i}]`;
    yield* metricProblems(metric, at, { anyVersion: allows.anyObjectVersion ?? false });
  }
  // Without pods, there is nothing to measure in them.
  if (minReplicas === 0 && !metrics.some(({ type }) => type === 'Object' || type === 'External')) {
    const detail = 'must specify at least one Object or External metric to support scaling to zero replicas';
    yield forbiddenValue('spec.metrics', detail);
  }
  if (behavior?.scaleUp) yield* rulesProblems(behavior.scaleUp, 'spec.behavior.scaleUp');
  if (behavior?.scaleDown) yield* rulesProblems(behavior.scaleDown, 'spec.behavior.scaleDown');
}

function* referenceProblems(
  { kind, name, apiVersion }: CrossVersionObjectReference,
  { anyTargetVersion }: Allows,
): Problems {
  const at = 'spec.scaleTargetRef';
  yield* wellFormed(kind, { at: `${at}.kind`, by: pathSegmentProblems, required: true });
  yield* wellFormed(name, { at: `${at}.name`, by: pathSegmentProblems, required: true });
  if (anyTargetVersion) return;
  yield* versionProblems(apiVersion, at);
  if (!/^[^/]+\//.test(apiVersion ?? '') && !isWrongVersion(apiVersion) && kind !== 'ReplicationController') {
    yield invalidValue(`${at}.apiVersion`, apiVersion ?? '', 'apiVersion must specify API group');
  }
}

const maxWindowSeconds = 3600;
const maxPeriodSeconds = 1800;

function* rulesProblems(rules: HPAScalingRules, at: string): Problems {
  const { stabilizationWindowSeconds: window, selectPolicy, policies = [], tolerance } = rules;
  if (window != null && window < 0) {
    yield invalidValue(`${at}.stabilizationWindowSeconds`, window, 'must be greater than or equal to zero');
  }
  if (window != null && window > maxWindowSeconds) {
    const detail = `must be less than or equal to ${maxWindowSeconds}`;
    yield invalidValue(`${at}.stabilizationWindowSeconds`, window, detail);
  }
  yield* oneOf(selectPolicy, { at: `${at}.selectPolicy`, of: ['Disabled', 'Max', 'Min'] });
  if (policies.length === 0) yield requiredValue(`${at}.policies`, 'must specify at least one Policy');
  for (const [i, policy] of policies.entries()) yield* policyProblems(policy, `${at}.policies[${i}]`);
  const quantity = tolerance === undefined ? undefined : quantityOf(tolerance);
  if (quantity && quantity.nanos < 0n) {
    yield invalidValue(`${at}.tolerance`, tolerance, 'must be greater than or equal to 0');
  }
}

function* policyProblems({ type, value, periodSeconds }: HPAScalingPolicy, at: string): Problems {
  yield* oneOf(type ?? '', { at: `${at}.type`, of: ['Percent', 'Pods'] });
  if (!(value > 0)) yield invalidValue(`${at}.value`, value ?? 0, 'must be greater than zero');
  if (!(periodSeconds > 0)) yield invalidValue(`${at}.periodSeconds`, periodSeconds ?? 0, 'must be greater than zero');
  if (periodSeconds > maxPeriodSeconds) {
    yield invalidValue(`${at}.periodSeconds`, periodSeconds, `must be less than or equal to ${maxPeriodSeconds}`);
  }
}
