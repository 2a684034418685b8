import {
  type FieldProblem,
  invalidValue,
  jsonEqual,
  requiredValue,
  subdomainProblems,
  tooLong,
  tooMany,
} from '@typernetes/machinery';
import { conditionsProblems } from '../meta/conditions-validation.ts';
import { immutableDetail, notNegative, type Problems } from '../meta/field-checks.ts';
import {
  deviceTaintProblems,
  driverProblems,
  poolNameProblems,
  requestNameProblems,
  setProblems,
} from './device-rules.ts';
import type { DeviceTaintRule, PoolStatus, ResourcePoolStatusRequest } from './v1alpha3.gen.ts';

const maxConditions = 8;
const maxRequestConditions = 10;
const maxPools = 1000;
const maxErrorBytes = 256;

/** Upstream: ValidateDeviceTaintRule. */
export function validateDeviceTaintRule(next: DeviceTaintRule): FieldProblem[] {
  return [...deviceTaintRuleProblems(next)];
}

function* deviceTaintRuleProblems({ spec }: DeviceTaintRule): Problems {
  const { driver, pool, device } = spec.deviceSelector ?? {};
  if (driver != null) yield* driverProblems(driver, 'spec.deviceSelector.driver');
  if (pool != null) yield* poolNameProblems(pool, 'spec.deviceSelector.pool');
  if (device != null) yield* requestNameProblems(device, 'spec.deviceSelector.device');
  yield* deviceTaintProblems(spec.taint ?? {}, 'spec.taint');
}

export function validateDeviceTaintRuleStatus({ status }: DeviceTaintRule): FieldProblem[] {
  const at = 'status.conditions';
  const conditions = status?.conditions ?? [];
  return [
    ...conditionsProblems(conditions, at),
    ...(conditions.length > maxConditions ? [tooMany(at, conditions.length, maxConditions)] : []),
  ];
}

export function validateResourcePoolStatusRequest(next: ResourcePoolStatusRequest): FieldProblem[] {
  return [...resourcePoolStatusRequestProblems(next)];
}

function* resourcePoolStatusRequestProblems({ spec }: ResourcePoolStatusRequest): Problems {
  yield* driverProblems(spec.driver ?? '', 'spec.driver');
  if (spec.poolName != null) yield* poolNameProblems(spec.poolName, 'spec.poolName');
  const { limit } = spec;
  if (limit != null && limit < 1) yield invalidValue('spec.limit', limit, 'must be greater than or equal to 1');
  if (limit != null && limit > 1000) yield invalidValue('spec.limit', limit, 'must be less than or equal to 1000');
}

/** The spec is immutable. */
export function validateResourcePoolStatusRequestUpdate(
  next: ResourcePoolStatusRequest,
  current: ResourcePoolStatusRequest,
): FieldProblem[] {
  return jsonEqual(next.spec, current.spec) ? [] : [invalidValue('spec', next.spec, immutableDetail)];
}

/** The status is set only once. */
export function validateResourcePoolStatusRequestStatus(
  next: ResourcePoolStatusRequest,
  current: ResourcePoolStatusRequest,
): FieldProblem[] {
  return [...answerProblems(next, current)];
}

function* answerProblems({ status }: ResourcePoolStatusRequest, current: ResourcePoolStatusRequest): Problems {
  if (current.status) {
    if (!jsonEqual(status ?? null, current.status)) yield invalidValue('status', status ?? null, immutableDetail);
    return;
  }
  if (!status) return;
  if (status.poolCount == null) yield requiredValue('status.poolCount');
  yield* notNegative(status.poolCount, 'status.poolCount');
  yield* setProblems(status.pools, { at: 'status.pools', max: maxPools, each: poolStatusProblems });
  const conditions = status.conditions ?? [];
  if (conditions.length > maxRequestConditions) {
    yield tooMany('status.conditions', conditions.length, maxRequestConditions);
  }
  yield* conditionsProblems(conditions, 'status.conditions');
}

const counts = ['totalDevices', 'allocatedDevices', 'availableDevices', 'unavailableDevices'] as const;

function* poolStatusProblems(pool: PoolStatus, at: string): Problems {
  yield* driverProblems(pool.driver ?? '', `${at}.driver`);
  yield* poolNameProblems(pool.poolName ?? '', `${at}.poolName`);
  yield* notNegative(pool.generation, `${at}.generation`);
  if (pool.resourceSliceCount != null && pool.resourceSliceCount < 1) {
    yield invalidValue(`${at}.resourceSliceCount`, pool.resourceSliceCount, 'must be greater than or equal to 1');
  }
  for (const name of counts) yield* notNegative(pool[name], `${at}.${name}`);
  if (pool.nodeName != null) {
    for (const detail of subdomainProblems(pool.nodeName)) yield invalidValue(`${at}.nodeName`, pool.nodeName, detail);
  }
  if ((pool.validationError ?? '').length > maxErrorBytes) yield tooLong(`${at}.validationError`, maxErrorBytes);
}
