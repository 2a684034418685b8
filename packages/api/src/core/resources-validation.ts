import {
  compareQuantities,
  forbiddenValue,
  invalidValue,
  parseQuantity,
  type Quantity,
  qualifiedNameProblems,
  requiredValue,
} from '@typernetes/machinery';
import { notNegativeDetail, type Problems } from '../meta/field-checks.ts';
import type { ResourceRequirements } from './v1.gen.ts';

const standardNames = new Set(['cpu', 'memory', 'ephemeral-storage']);
const isHugePages = (name: string): boolean => name.startsWith('hugepages-');

/** Whether it is an extended resource, such as `nvidia.com/gpu`: whole units, never overcommitted. */
export function isExtended(name: string): boolean {
  return name.includes('/') && !name.startsWith('requests.') && !/^([^/]*\.)?kubernetes\.io\//.test(name);
}

export const overcommits = (name: string): boolean => !isHugePages(name) && !isExtended(name);

export function* resourceProblems(resources: ResourceRequirements | undefined, at: string): Problems {
  if (!resources) return;
  const { limits = {}, requests = {} } = resources;
  for (const [name, amount] of Object.entries(limits)) yield* amountProblems(name, { amount, at: `${at}.limits` });
  for (const [name, amount] of Object.entries(requests)) {
    yield* amountProblems(name, { amount, at: `${at}.requests` });
    yield* requestProblems(name, { resources, at });
  }
  const names = [...Object.keys(limits), ...Object.keys(requests)];
  if (names.some(isHugePages) && !names.includes('cpu') && !names.includes('memory')) {
    yield forbiddenValue(at, 'HugePages require cpu or memory');
  }
}

function* requestProblems(name: string, { resources, at }: { resources: ResourceRequirements; at: string }): Problems {
  const request = resources.requests?.[name] ?? '';
  const limit = resources.limits?.[name];
  if (limit === undefined) {
    if (!overcommits(name)) yield requiredValue(`${at}.limits`, 'Limit must be set for non overcommitable resources');
    return;
  }
  if (request === limit) return;
  const order = comparison(request, limit);
  if (order === undefined) return;
  if (!overcommits(name) && order !== 0) {
    yield invalidValue(`${at}.requests`, request, `must be equal to ${name} limit of ${limit}`);
  } else if (order > 0) {
    yield invalidValue(`${at}.requests`, request, `must be less than or equal to ${name} limit of ${limit}`);
  }
}

function comparison(a: string, b: string): number | undefined {
  const [x, y] = [quantityOf(a), quantityOf(b)];
  return x && y && compareQuantities(x, y);
}

/** Undefined for an invalid quantity, which is reported elsewhere. */
export function quantityOf(text: string): Quantity | undefined {
  try {
    return parseQuantity(text);
  } catch {
    return undefined;
  }
}

function* amountProblems(name: string, { amount = '', at }: { amount: string | undefined; at: string }): Problems {
  const path = `${at}[${name}]`;
  yield* containerResourceNameProblems(name, path);
  const quantity = quantityOf(amount);
  if (!quantity) yield invalidValue(path, amount, 'must be a valid quantity');
  else if (quantity.nanos < 0n) yield invalidValue(path, amount, notNegativeDetail);
  else if (isExtended(name) && quantity.nanos % 1_000_000_000n !== 0n) {
    yield invalidValue(path, amount, 'must be an integer');
  }
}

/** Names of resources that a container can request. */
export function* containerResourceNameProblems(name: string, at: string): Problems {
  if (standardNames.has(name)) return;
  for (const detail of qualifiedNameProblems(name)) yield invalidValue(at, name, detail);
  if (isHugePages(name)) return;
  if (!name.includes('/')) {
    if (!otherStandardNames.has(name))
      yield invalidValue(at, name, 'must be a standard resource type or fully qualified');
    yield invalidValue(at, name, 'must be a standard resource for containers');
  } else if (name.startsWith('requests.'))
    yield invalidValue(at, name, "doesn't follow extended resource name standard");
}

/** Names that quotas count in whole numbers. */
export const countedNames: readonly string[] = [
  'pods',
  'services',
  'replicationcontrollers',
  'resourcequotas',
  'secrets',
  'configmaps',
  'persistentvolumeclaims',
  'services.nodeports',
  'services.loadbalancers',
];

/** Names for the total requests and limits of pods. */
export const podTotalNames: readonly string[] = ['requests.cpu', 'requests.memory', 'limits.cpu', 'limits.memory'];

const otherStandardNames = new Set([
  ...countedNames,
  ...podTotalNames,
  'storage',
  'requests.storage',
  'requests.ephemeral-storage',
  'limits.ephemeral-storage',
]);

/** Whether it is a quota's name for the total of huge pages of one size. */
export const isHugePagesTotal = (name: string): boolean => isHugePages(name) || name.startsWith('requests.hugepages-');

/** Names of any resource that the API counts or measures. */
export function* resourceNameProblems(name: string, at: string): Problems {
  if (standardNames.has(name) || otherStandardNames.has(name)) return;
  for (const detail of qualifiedNameProblems(name)) yield invalidValue(at, name, detail);
  if (!name.includes('/') && !isHugePagesTotal(name)) {
    yield invalidValue(at, name, 'must be a standard resource type or fully qualified');
  }
}
