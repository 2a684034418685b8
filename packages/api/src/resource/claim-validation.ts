import {
  type FieldProblem,
  forbiddenValue,
  invalidValue,
  jsonEqual,
  requiredValue,
  subdomainProblems,
  unsupportedValue,
} from '@typernetes/machinery';
import { immutableDetail, type Problems, wellFormed } from '../meta/field-checks.ts';
import {
  deviceNameProblems,
  deviceTolerationProblems,
  driverProblems,
  opaqueProblems,
  requestNameProblems,
  selectorProblems,
  setProblems,
} from './device-rules.ts';
import type {
  DeviceClaim,
  DeviceClass,
  DeviceRequest,
  ExactDeviceRequest,
  ResourceClaim,
  ResourceClaimStatus,
  ResourceClaimTemplate,
} from './v1.gen.ts';

const maxItems = 32;
const maxAlternatives = 8;
const maxReservations = 256;

export function validateResourceClaim({ spec }: ResourceClaim): FieldProblem[] {
  return [...claimProblems(spec.devices, 'spec.devices')];
}

export function validateResourceClaimUpdate(next: ResourceClaim, current: ResourceClaim): FieldProblem[] {
  if (!jsonEqual(next.spec, current.spec)) return [invalidValue('spec', next.spec, immutableDetail)];
  return validateResourceClaim(next);
}

export function validateResourceClaimTemplate({ spec }: ResourceClaimTemplate): FieldProblem[] {
  return [...claimProblems(spec.spec.devices, 'spec.spec.devices')];
}

export function validateResourceClaimTemplateUpdate(
  next: ResourceClaimTemplate,
  current: ResourceClaimTemplate,
): FieldProblem[] {
  if (!jsonEqual(next.spec, current.spec)) return [invalidValue('spec', next.spec, immutableDetail)];
  return validateResourceClaimTemplate(next);
}

export function validateDeviceClass({ spec }: DeviceClass): FieldProblem[] {
  return [
    ...selectorProblems(spec.selectors, 'spec.selectors'),
    ...setProblems(spec.config, { at: 'spec.config', max: maxItems }),
    ...(spec.config ?? []).flatMap(({ opaque }, i) => [...opaqueProblems(opaque, `spec.config[${i}].opaque`)]),
  ];
}

function* claimProblems(devices: DeviceClaim | undefined, path: string): Problems {
  const { requests = [], constraints = [], config = [] } = devices ?? {};
  const names = new Set<string>();
  for (const { name, firstAvailable } of requests) {
    names.add(name);
    for (const alternative of firstAvailable ?? []) names.add(`${name}/${alternative.name}`);
  }
  const at = `${path}.requests`;
  yield* setProblems(requests, { at, max: maxItems, keyOf: ({ name }) => name, keyName: '.name' });
  for (const [i, request] of requests.entries()) yield* requestProblems(request, `${at}[${i}]`);
  yield* setProblems(constraints, { at: `${path}.constraints`, max: maxItems });
  for (const [i, { requests: of, matchAttribute, distinctAttribute }] of constraints.entries()) {
    const constraint = `${path}.constraints[${i}]`;
    yield* referenceProblems(of, { at: `${constraint}.requests`, names });
    if (matchAttribute !== undefined && distinctAttribute !== undefined) {
      const detail = 'exactly one of "matchAttribute" or "distinctAttribute" is required, but multiple fields are set';
      yield requiredValue(constraint, detail);
    } else if (matchAttribute === undefined && distinctAttribute === undefined) {
      yield requiredValue(`${constraint}.matchAttribute`);
    } else {
      const name = matchAttribute === undefined ? 'distinctAttribute' : 'matchAttribute';
      const value = matchAttribute ?? distinctAttribute ?? '';
      yield* deviceNameProblems(value, { at: `${constraint}.${name}`, fully: true });
    }
  }
  yield* setProblems(config, { at: `${path}.config`, max: maxItems });
  for (const [i, { requests: of, opaque }] of config.entries()) {
    yield* referenceProblems(of, { at: `${path}.config[${i}].requests`, names });
    yield* opaqueProblems(opaque, `${path}.config[${i}].opaque`);
  }
}

function* referenceProblems(
  requests: readonly string[] | undefined,
  { at, names }: { at: string; names: ReadonlySet<string> },
): Problems {
  yield* setProblems(requests, { at, max: maxItems, keyOf: (name) => name });
  for (const [i, name] of (requests ?? []).entries()) {
    if (names.has(name)) continue;
    const detail =
      "must be the name of a request in the claim or the name of a request and a subrequest separated by '/'";
    yield invalidValue(`${at}[${i}]`, name, detail);
  }
}

function* requestProblems(request: DeviceRequest, path: string): Problems {
  const { name, exactly, firstAvailable = [] } = request;
  yield* requestNameProblems(name, `${path}.name`);
  const exactlyOne = 'exactly one of `exactly` or `firstAvailable` is required';
  if (exactly && firstAvailable.length > 0) {
    yield invalidValue(path, null, `${exactlyOne}, but multiple fields are set`);
  } else if (!exactly && firstAvailable.length === 0) yield requiredValue(path, exactlyOne);
  if (exactly) yield* wishProblems(exactly, `${path}.exactly`);
  const at = `${path}.firstAvailable`;
  yield* setProblems(firstAvailable, { at, max: maxAlternatives, keyOf: (one) => one.name, keyName: '.name' });
  for (const [i, alternative] of firstAvailable.entries()) {
    yield* requestNameProblems(alternative.name, `${at}[${i}].name`);
    yield* wishProblems(alternative, `${at}[${i}]`);
  }
}

type Wish = Pick<ExactDeviceRequest, 'deviceClassName' | 'selectors' | 'allocationMode' | 'count' | 'tolerations'>;

function* wishProblems(wish: Wish, path: string): Problems {
  yield* wellFormed(wish.deviceClassName, { at: `${path}.deviceClassName`, by: subdomainProblems, required: true });
  yield* selectorProblems(wish.selectors, `${path}.selectors`);
  const { allocationMode, count = 0 } = wish;
  if (allocationMode === 'All') {
    if (count !== 0) {
      yield invalidValue(`${path}.count`, count, "must not be specified when allocationMode is 'All'");
    }
  } else if (allocationMode === 'ExactCount') {
    if (count <= 0) yield invalidValue(`${path}.count`, count, 'must be greater than zero');
  } else yield unsupportedValue(`${path}.allocationMode`, allocationMode ?? '', ['All', 'ExactCount']);
  yield* deviceTolerationProblems(wish.tolerations, `${path}.tolerations`);
}

/** What the scheduler and drivers write. Once devices are allocated, they stay until nobody holds them. */
export function validateResourceClaimStatus(next: ResourceClaim, current: ResourceClaim): FieldProblem[] {
  return [...statusProblems(next, current)];
}

function* statusProblems({ status = {}, metadata }: ResourceClaim, { status: old = {} }: ResourceClaim): Problems {
  const reserved = status.reservedFor ?? [];
  const at = 'status.reservedFor';
  yield* setProblems(reserved, { at, max: maxReservations, keyOf: ({ uid }) => uid, keyName: '.uid' });
  for (const [i, { resource, name, uid }] of reserved.entries()) {
    if (!resource) yield requiredValue(`${at}[${i}].resource`);
    if (!name) yield requiredValue(`${at}[${i}].name`);
    if (!uid) yield requiredValue(`${at}[${i}].uid`);
  }
  if (reserved.length > 0 && !status.allocation) {
    yield forbiddenValue(at, 'may not be specified when `allocated` is not set');
  }
  const known = new Set((old.reservedFor ?? []).map(({ uid }) => uid));
  if (metadata.deletionTimestamp && reserved.some(({ uid }) => !known.has(uid))) {
    const detail = 'new entries may not be added while `deallocationRequested` or `deletionTimestamp` are set';
    yield forbiddenValue(at, detail);
  }
  yield* allocationProblems(status, old);
}

function* allocationProblems(status: ResourceClaimStatus, old: ResourceClaimStatus): Problems {
  if (old.allocation && status.allocation && !jsonEqual(old.allocation, status.allocation)) {
    yield invalidValue('status.allocation', status.allocation, immutableDetail);
  }
  const results = status.allocation?.devices?.results ?? [];
  const at = 'status.allocation.devices.results';
  yield* setProblems(results, { at, max: maxItems });
  for (const [i, { driver, pool, device }] of results.entries()) {
    yield* driverProblems(driver, `${at}[${i}].driver`);
    if (!pool) yield requiredValue(`${at}[${i}].pool`);
    yield* requestNameProblems(device, `${at}[${i}].device`);
  }
}
