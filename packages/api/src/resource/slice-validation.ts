import {
  type FieldProblem,
  invalidValue,
  jsonEqual,
  labelNameProblems,
  requiredValue,
  subdomainProblems,
} from '@typernetes/machinery';
import { nodeSelectorTermsProblems } from '../core/placement-validation.ts';
import { immutableDetail, type Problems } from '../meta/field-checks.ts';
import { driverProblems, poolNameProblems, setProblems } from './device-rules.ts';
import { countersProblems, deviceProblems } from './device-validation.ts';
import type { CounterSet, Device, ResourceSlice, ResourceSliceSpec } from './v1.gen.ts';

const maxDevices = 128;
/** The limit when devices have taints, counters or list attributes. */
const maxElaborateDevices = 64;
const maxCounterSets = 8;
const where = 'exactly one of `nodeName`, `nodeSelector`, `allNodes`, `perDeviceNodeSelection` is required';

/** Upstream: ValidateResourceSlice. */
export function validateResourceSlice({ spec }: ResourceSlice): FieldProblem[] {
  return [...sliceProblems(spec)];
}

export function validateResourceSliceUpdate(next: ResourceSlice, current: ResourceSlice): FieldProblem[] {
  return [...sliceProblems(next.spec, current.spec)];
}

function* sliceProblems(spec: ResourceSliceSpec, old?: ResourceSliceSpec): Problems {
  yield* driverProblems(spec.driver, 'spec.driver');
  yield* poolProblems(spec.pool);
  if (old) {
    yield* fixed(spec.pool.name, { at: 'spec.pool.name', old: old.pool.name });
    yield* fixed(spec.driver, { at: 'spec.driver', old: old.driver });
    yield* fixed(spec.nodeName, { at: 'spec.nodeName', old: old.nodeName });
  }
  yield* placeProblems(spec);
  const { devices, sharedCounters } = spec;
  if (devices && sharedCounters) yield invalidValue('spec', '', 'only one of `sharedCounters` or `devices` is allowed');
  const before = new Map((old?.devices ?? []).map((device) => [device.name, device]));
  yield* setProblems(devices, {
    at: 'spec.devices',
    max: devices?.some(isElaborate) ? maxElaborateDevices : maxDevices,
    keyOf: ({ name }) => name,
    each: (device, at) =>
      deviceProblems(device, at, { placed: spec.perDeviceNodeSelection, old: before.get(device.name) }),
  });
  yield* setProblems(sharedCounters, {
    at: 'spec.sharedCounters',
    max: maxCounterSets,
    keyOf: ({ name }) => name,
    each: counterSetProblems,
  });
}

function* fixed(value: unknown, { at, old }: { at: string; old: unknown }): Problems {
  if (!jsonEqual(value ?? null, old ?? null)) yield invalidValue(at, value ?? null, immutableDetail);
}

function isElaborate({ taints = [], consumesCounters = [], attributes = {} }: Device): boolean {
  if (taints.length > 0 || consumesCounters.length > 0) return true;
  return Object.values(attributes).some(({ bools, ints, strings, versions }) => bools ?? ints ?? strings ?? versions);
}

function* poolProblems({ name, generation, resourceSliceCount }: ResourceSliceSpec['pool']): Problems {
  yield* poolNameProblems(name, 'spec.pool.name');
  if (resourceSliceCount <= 0) {
    yield invalidValue('spec.pool.resourceSliceCount', resourceSliceCount, 'must be greater than zero');
  }
  if (generation < 0) {
    yield invalidValue('spec.pool.generation', generation, 'must be greater than or equal to zero');
  }
}

function* placeProblems({ nodeName, nodeSelector, allNodes, perDeviceNodeSelection }: ResourceSliceSpec): Problems {
  if (nodeName === '') yield invalidValue('spec.nodeName', '', 'must be either unset or set to a non-empty string');
  else if (nodeName !== undefined) {
    for (const detail of subdomainProblems(nodeName)) yield invalidValue('spec.nodeName', nodeName, detail);
  }
  if (nodeSelector) {
    const at = 'spec.nodeSelector.nodeSelectorTerms';
    const terms = nodeSelector.nodeSelectorTerms ?? [];
    yield* nodeSelectorTermsProblems(terms, at);
    if (terms.length !== 1) yield invalidValue(at, terms, 'must have exactly one node selector term');
  }
  if (allNodes === false) yield invalidValue('spec.allNodes', false, 'must be either unset or set to true');
  if (perDeviceNodeSelection === false) {
    yield invalidValue('spec.perDeviceNodeSelection', false, 'must be either unset or set to true');
  }
  const given = Object.entries({ nodeName, nodeSelector, allNodes, perDeviceNodeSelection }).filter(([, one]) => one);
  if (given.length === 0) yield requiredValue('spec', where);
  else if (given.length > 1) {
    const names = given.map(([name]) => `\`${name}\``).join(', ');
    yield invalidValue('spec', `{${names}}`, `${where}, but multiple fields are set`);
  }
}

function* counterSetProblems({ name, counters }: CounterSet, at: string): Problems {
  if (!name) yield requiredValue(`${at}.name`);
  else for (const detail of labelNameProblems(name)) yield invalidValue(`${at}.name`, name, detail);
  yield* countersProblems(counters, `${at}.counters`);
}
