import {
  type FieldProblem,
  invalidValue,
  jsonEqual,
  qualifiedNameProblems,
  requiredValue,
  subdomainProblems,
  tooLong,
  unsupportedValue,
} from '@typernetes/machinery';
import { immutableDetail, type Problems, wellFormed } from '../meta/field-checks.ts';
import { deviceNameProblems, driverProblems, requestNameProblems, setProblems } from './device-rules.ts';
import type { Device, DeviceAttribute, ResourceSlice, ResourceSliceSpec } from './v1.gen.ts';

const maxDevices = 128;
const maxAttributesAndCapacities = 32;
const maxValueLength = 64;
const maxPoolName = 253;
const semver =
  /^(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)(?:-(?:(?:0|[1-9]\d*|\d*[A-Za-z-][\dA-Za-z-]*)(?:\.(?:0|[1-9]\d*|\d*[A-Za-z-][\dA-Za-z-]*))*))?(?:\+[\dA-Za-z-]+(?:\.[\dA-Za-z-]+)*)?$/;
const whereOptions = '`nodeName`, `nodeSelector`, `allNodes`, `perDeviceNodeSelection`';

export function validateResourceSlice({ spec }: ResourceSlice): FieldProblem[] {
  return [...sliceProblems(spec)];
}

export function validateResourceSliceUpdate(next: ResourceSlice, current: ResourceSlice): FieldProblem[] {
  const problems = validateResourceSlice(next);
  const fixed = (path: string, value: unknown, old: unknown): void => {
    if (!jsonEqual(value ?? null, old ?? null)) problems.push(invalidValue(path, value ?? null, immutableDetail));
  };
  fixed('spec.driver', next.spec.driver, current.spec.driver);
  fixed('spec.pool.name', next.spec.pool.name, current.spec.pool.name);
  fixed('spec.nodeName', next.spec.nodeName, current.spec.nodeName);
  return problems;
}

function* sliceProblems(spec: ResourceSliceSpec): Problems {
  yield* driverProblems(spec.driver, 'spec.driver');
  yield* poolProblems(spec.pool);
  yield* placeProblems(spec);
  const devices = spec.devices ?? [];
  if (devices.length > 0 && (spec.sharedCounters?.length ?? 0) > 0) {
    yield invalidValue('spec', null, 'only one of `sharedCounters` or `devices` is allowed');
  }
  const at = 'spec.devices';
  yield* setProblems(devices, { at, max: maxDevices, keyOf: ({ name }) => name, keyName: '.name' });
  for (const [i, device] of devices.entries()) yield* deviceProblems(device, `${at}[${i}]`);
}

function* poolProblems({ name, generation, resourceSliceCount }: ResourceSliceSpec['pool']): Problems {
  if (!name) yield requiredValue('spec.pool.name');
  else {
    if (name.length > maxPoolName) yield tooLong('spec.pool.name', maxPoolName);
    for (const part of name.split('/')) yield* wellFormed(part || ' ', { at: 'spec.pool.name', by: subdomainProblems });
  }
  if (resourceSliceCount <= 0) {
    yield invalidValue('spec.pool.resourceSliceCount', resourceSliceCount, 'must be greater than zero');
  }
  if (generation < 0) {
    yield invalidValue('spec.pool.generation', generation, 'must be greater than or equal to zero');
  }
}

function* placeProblems(spec: ResourceSliceSpec): Problems {
  const { nodeName, nodeSelector, allNodes, perDeviceNodeSelection } = spec;
  if (nodeName === '') yield invalidValue('spec.nodeName', '', 'must be either unset or set to a non-empty string');
  else yield* wellFormed(nodeName, { at: 'spec.nodeName', by: subdomainProblems });
  const terms = nodeSelector?.nodeSelectorTerms ?? [];
  if (nodeSelector && terms.length !== 1) {
    yield invalidValue('spec.nodeSelector.nodeSelectorTerms', terms, 'must have exactly one node selector term');
  }
  if (allNodes === false) yield invalidValue('spec.allNodes', false, 'must be either unset or set to true');
  if (perDeviceNodeSelection === false) {
    yield invalidValue('spec.perDeviceNodeSelection', false, 'must be either unset or set to true');
  }
  const given = [nodeName, nodeSelector, allNodes, perDeviceNodeSelection].filter((one) => one !== undefined).length;
  if (given === 0) yield requiredValue('spec', `exactly one of ${whereOptions} is required`);
  else if (given > 1) {
    yield invalidValue('spec', null, `exactly one of ${whereOptions} is required, but multiple fields are set`);
  }
}

function* deviceProblems(device: Device, path: string): Problems {
  yield* requestNameProblems(device.name, `${path}.name`);
  const attributes = Object.entries(device.attributes ?? {});
  const capacities = Object.keys(device.capacity ?? {});
  const count = attributes.length + capacities.length;
  if (count > maxAttributesAndCapacities) {
    const detail = `the total number of attributes and capacities must not exceed ${maxAttributesAndCapacities}`;
    yield invalidValue(path, count, detail);
  }
  for (const [name, attribute] of attributes) {
    yield* deviceNameProblems(name, { at: `${path}.attributes`, fully: false });
    yield* attributeProblems(attribute, `${path}.attributes[${name}]`);
  }
  for (const name of capacities) yield* deviceNameProblems(name, { at: `${path}.capacity`, fully: false });
  for (const [i, { key, effect }] of (device.taints ?? []).entries()) {
    const at = `${path}.taints[${i}]`;
    yield* wellFormed(key, { at: `${at}.key`, by: qualifiedNameProblems, required: true });
    if (!effect) yield requiredValue(`${at}.effect`);
    else if (!['NoExecute', 'NoSchedule', 'None'].includes(effect)) {
      yield unsupportedValue(`${at}.effect`, effect, ['NoExecute', 'NoSchedule', 'None']);
    }
  }
}

function* attributeProblems(attribute: DeviceAttribute, path: string): Problems {
  const { string, version } = attribute;
  if (string !== undefined && string.length > maxValueLength) yield tooLong(`${path}.string`, maxValueLength);
  if (version !== undefined) {
    if (!semver.test(version)) {
      yield invalidValue(`${path}.version`, version, 'must be a string compatible with semver.org spec 2.0.0');
    }
    if (version.length > maxValueLength) yield tooLong(`${path}.version`, maxValueLength);
  }
  for (const name of ['bools', 'ints', 'strings', 'versions'] as const) {
    if (attribute[name]?.length === 0) yield invalidValue(`${path}.${name}`, [], 'must not be empty if specified');
  }
  const given = Object.values(attribute).filter((value) => value !== undefined);
  if (given.length !== 1) yield invalidValue(path, attribute, 'exactly one value must be specified');
}
