import {
  type FieldProblem,
  labelNameProblems,
  labelValueProblems,
  qualifiedNameProblems,
  requiredValue,
  subdomainProblems,
  tooLong,
  tooMany,
  unsupportedValue,
} from '@typernetes/machinery';
import { type Problems, wellFormed } from '../meta/field-checks.ts';
import { driverProblems } from './device-rules.ts';
import type { DeviceTaintRule, ResourcePoolStatusRequest } from './v1alpha3.gen.ts';

const effects = ['NoExecute', 'NoSchedule', 'None'];
const maxPoolBytes = 253;
const maxConditions = 8;

/** Upstream: ValidateDeviceTaintRule. */
export function validateDeviceTaintRule(next: DeviceTaintRule): FieldProblem[] {
  return [...deviceTaintRuleProblems(next)];
}

function* deviceTaintRuleProblems({ spec }: DeviceTaintRule): Problems {
  const { driver, pool, device } = spec.deviceSelector ?? {};
  if (driver != null) yield* driverProblems(driver, 'spec.deviceSelector.driver');
  if (pool != null) yield* poolProblems(pool, 'spec.deviceSelector.pool');
  if (device != null) {
    yield* wellFormed(device, { at: 'spec.deviceSelector.device', by: labelNameProblems, required: true });
  }
  const { key, value, effect } = spec.taint ?? {};
  yield* wellFormed(key, { at: 'spec.taint.key', by: qualifiedNameProblems, required: true });
  yield* wellFormed(value, { at: 'spec.taint.value', by: labelValueProblems });
  if (!effect) yield requiredValue('spec.taint.effect');
  else if (!effects.includes(effect)) yield unsupportedValue('spec.taint.effect', effect, effects);
}

export function validateDeviceTaintRuleStatus(next: DeviceTaintRule): FieldProblem[] {
  return [...deviceTaintRuleStatusProblems(next)];
}

function* deviceTaintRuleStatusProblems({ status }: DeviceTaintRule): Problems {
  const count = status?.conditions?.length ?? 0;
  if (count > maxConditions) yield tooMany('status.conditions', count, maxConditions);
}

/** A pool's name is a path of domain names. */
function* poolProblems(name: string, at: string): Problems {
  if (name === '') {
    yield requiredValue(at);
    return;
  }
  if (name.length > maxPoolBytes) yield tooLong(at, maxPoolBytes);
  for (const part of name.split('/')) yield* wellFormed(part, { at, by: subdomainProblems, required: true });
}

export function validateResourcePoolStatusRequest(next: ResourcePoolStatusRequest): FieldProblem[] {
  return [...resourcePoolStatusRequestProblems(next)];
}

function* resourcePoolStatusRequestProblems({ spec }: ResourcePoolStatusRequest): Problems {
  yield* driverProblems(spec.driver ?? '', 'spec.driver');
  if (spec.poolName != null) yield* poolProblems(spec.poolName, 'spec.poolName');
}
