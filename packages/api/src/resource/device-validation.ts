import {
  invalidValue,
  jsonEqual,
  labelNameProblems,
  notFoundValue,
  parseQuantity,
  requiredValue,
  subdomainProblems,
  tooLong,
  tooMany,
} from '@typernetes/machinery';
import { nodeSelectorTermsProblems } from '../core/placement-validation.ts';
import type { Problems } from '../meta/field-checks.ts';
import { capacityProblems } from './capacity-validation.ts';
import {
  bindingProblems,
  deviceNameProblems,
  deviceTaintProblems,
  requestNameProblems,
  setProblems,
} from './device-rules.ts';
import type { Counter, Device, DeviceAttribute, DeviceCounterConsumption } from './v1.gen.ts';

const maxAttributesAndCapacities = 32;
const maxAttributeValues = 48;
const maxValueLength = 64;
const maxTaints = 16;
const maxConsumptions = 2;
const maxCounters = 32;
const semver =
  /^(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)(?:-(?:(?:0|[1-9]\d*|\d*[A-Za-z-][\dA-Za-z-]*)(?:\.(?:0|[1-9]\d*|\d*[A-Za-z-][\dA-Za-z-]*))*))?(?:\+[\dA-Za-z-]+(?:\.[\dA-Za-z-]+)*)?$/;
const placedDetail =
  'exactly one of `nodeName`, `nodeSelector`, or `allNodes` is required when `perDeviceNodeSelection` is set to true in the ResourceSlice spec';

/**
 * Rules for one device of a slice. `placed`: each device of the slice has its own node selection; `old`: the stored
 * device.
 */
export function* deviceProblems(
  device: Device,
  path: string,
  { placed, old }: { placed: boolean | undefined; old: Device | undefined },
): Problems {
  yield* requestNameProblems(device.name, `${path}.name`);
  yield* attributesProblems(device, path);
  // The rules became stricter; a stored capacity stays valid.
  if (!old || !jsonEqual(old.capacity ?? {}, device.capacity ?? {})) {
    for (const [name, capacity] of Object.entries(device.capacity ?? {})) {
      yield* deviceNameProblems(name, { at: `${path}.capacity`, fully: false });
      const shared = device.allowMultipleAllocations === true;
      yield* capacityProblems(capacity, `${path}.capacity[${shortened(name)}]`, { shared });
    }
  }
  if (!old || !jsonEqual(old.taints ?? [], device.taints ?? [])) {
    yield* setProblems(device.taints, { at: `${path}.taints`, max: maxTaints, each: deviceTaintProblems });
  }
  yield* setProblems(device.consumesCounters, {
    at: `${path}.consumesCounters`,
    max: maxConsumptions,
    keyOf: ({ counterSet }) => counterSet,
    each: consumptionProblems,
  });
  yield* placeProblems(device, path, placed === true);
  yield* bindingProblems(device, path);
  yield* mappingProblems(device, `${path}.nodeAllocatableResourceMappings`);
}

function* attributesProblems({ attributes = {}, capacity = {} }: Device, path: string): Problems {
  const count = Object.keys(attributes).length + Object.keys(capacity).length;
  if (count > maxAttributesAndCapacities) {
    const detail = `the total number of attributes and capacities must not exceed ${maxAttributesAndCapacities}`;
    yield invalidValue(path, count, detail);
  }
  const values = Object.values(attributes).reduce((sum, attribute) => sum + valuesIn(attribute), 0);
  if (values > maxAttributeValues) {
    yield invalidValue(path, values, `the total number of attribute values must not exceed ${maxAttributeValues}`);
  }
  for (const [name, attribute] of Object.entries(attributes)) {
    yield* deviceNameProblems(name, { at: `${path}.attributes`, fully: false });
    yield* attributeProblems(attribute, `${path}.attributes[${shortened(name)}]`);
  }
}

const lists = ['bools', 'ints', 'strings', 'versions'] as const;

const valuesIn = (attribute: DeviceAttribute): number =>
  lists.reduce((sum, name) => sum + (attribute[name]?.length ?? 0), 0) || 1;

function* attributeProblems(attribute: DeviceAttribute, path: string): Problems {
  const { string, version } = attribute;
  if (string !== undefined) yield* textProblems(string, `${path}.string`);
  if (version !== undefined) yield* versionProblems(version, `${path}.version`);
  for (const name of lists) {
    if (attribute[name]?.length === 0) yield invalidValue(`${path}.${name}`, [], 'must not be empty if specified');
    if (name === 'strings') yield* setProblems(attribute[name], { at: `${path}.${name}`, each: textProblems });
    if (name === 'versions') yield* setProblems(attribute[name], { at: `${path}.${name}`, each: versionProblems });
  }
  const given = Object.values(attribute).filter((value) => value !== undefined).length;
  if (given !== 1) yield invalidValue(path, given === 0 ? '' : attribute, 'exactly one value must be specified');
}

function* textProblems(value: string, at: string): Problems {
  if (value.length > maxValueLength) yield tooLong(at, maxValueLength);
}

function* versionProblems(value: string, at: string): Problems {
  if (!semver.test(value)) yield invalidValue(at, value, 'must be a string compatible with semver.org spec 2.0.0');
  yield* textProblems(value, at);
}

function* consumptionProblems({ counterSet, counters }: DeviceCounterConsumption, at: string): Problems {
  if (!counterSet) yield requiredValue(`${at}.counterSet`);
  else for (const detail of labelNameProblems(counterSet)) yield invalidValue(`${at}.counterSet`, counterSet, detail);
  yield* countersProblems(counters, `${at}.counters`);
}

/** Counters of a counter set, or those that a device consumes. Any amount is valid. */
export function* countersProblems(counters: Readonly<Record<string, Counter>> | undefined, at: string): Problems {
  const names = Object.keys(counters ?? {});
  if (names.length === 0) yield requiredValue(at);
  else if (names.length > maxCounters) yield tooMany(at, names.length, maxCounters);
  else for (const name of names) for (const detail of labelNameProblems(name)) yield invalidValue(at, name, detail);
}

function* placeProblems({ nodeName, nodeSelector, allNodes }: Device, path: string, placed: boolean): Problems {
  if (!placed) {
    if (nodeName !== undefined || nodeSelector || allNodes !== undefined) {
      const detail =
        '`nodeName`, `nodeSelector` and `allNodes` can only be set if `perDeviceNodeSelection` is set to true in the ResourceSlice spec';
      yield invalidValue(path, null, detail);
    }
    return;
  }
  if (nodeName === '') yield invalidValue(`${path}.nodeName`, '', 'must not be empty');
  else if (nodeName !== undefined) {
    for (const detail of subdomainProblems(nodeName)) yield invalidValue(`${path}.nodeName`, nodeName, detail);
  }
  if (nodeSelector) {
    yield* nodeSelectorTermsProblems(nodeSelector.nodeSelectorTerms, `${path}.nodeSelector.nodeSelectorTerms`);
  }
  if (allNodes === false) yield invalidValue(`${path}.allNodes`, false, 'must be either unset or set to true');
  const given = Object.entries({ nodeName, nodeSelector, allNodes }).filter(([, one]) => one);
  if (given.length === 0) yield requiredValue(path, placedDetail);
  else if (given.length > 1) {
    yield invalidValue(path, `{${given.map(([name]) => `\`${name}\``).join(', ')}}`, placedDetail);
  }
}

const nodeResources = ['cpu', 'memory', 'ephemeral-storage'];

/** Node allocatable resources that a device consumes: [DRANodeAllocatableResources]. */
function* mappingProblems({ nodeAllocatableResourceMappings = {}, capacity = {} }: Device, path: string): Problems {
  for (const [name, { allocationMultiplier, capacityKey }] of Object.entries(nodeAllocatableResourceMappings)) {
    const at = `${path}[${name}]`;
    if (!nodeResources.includes(name) && !name.startsWith('hugepages-')) {
      yield invalidValue(at, name, 'must be a node allocatable resource name');
    }
    if (allocationMultiplier === undefined && capacityKey === undefined) {
      yield invalidValue(at, '', 'at least one of allocationMultiplier or capacityKey must be set');
    }
    if (allocationMultiplier !== undefined && parseQuantity(allocationMultiplier).nanos <= 0n) {
      yield invalidValue(`${at}.allocationMultiplier`, allocationMultiplier, 'must be positive');
    }
    if (capacityKey === '') yield invalidValue(`${at}.capacityKey`, '', 'capacityKey must not be an empty string');
    else if (capacityKey !== undefined && !Object.hasOwn(capacity, capacityKey)) {
      yield notFoundValue(`${at}.capacityKey`, capacityKey);
    }
  }
}

/** The length of the longest valid name: `domain/identifier`. */
const maxShown = 63 + 1 + 32;

/** Keys that are far too long are shown without their middle. */
function shortened(key: string): string {
  if (key.length <= maxShown) return key;
  const rest = maxShown - 3;
  return `${key.slice(0, Math.ceil(rest / 2))}...${key.slice(key.length - Math.floor(rest / 2))}`;
}
