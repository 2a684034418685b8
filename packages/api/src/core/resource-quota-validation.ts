import { type FieldProblem, invalidValue, requiredValue } from '@typernetes/machinery';
import { immutableDetail, notNegativeDetail, type Problems } from '../meta/field-checks.ts';
import {
  countedNames,
  isExtended,
  isHugePagesTotal,
  podTotalNames,
  quantityOf,
  resourceNameProblems,
} from './resources-validation.ts';
import type { ResourceQuota, ResourceQuotaSpec, ScopedResourceSelectorRequirement } from './v1.gen.ts';

const ofPods = ['cpu', 'memory', ...podTotalNames];
const measured = [
  ...ofPods,
  'requests.storage',
  'ephemeral-storage',
  'requests.ephemeral-storage',
  'limits.ephemeral-storage',
];
const standardNames: ReadonlySet<string> = new Set([...countedNames, ...measured]);
const isStandard = (name: string): boolean => standardNames.has(name) || isHugePagesTotal(name);

/** The standard resources that each scope can restrict. */
const podResources = new Set(['pods', ...ofPods]);
const resourcesOfScope: ReadonlyMap<string, ReadonlySet<string>> = new Map([
  ['Terminating', podResources],
  ['NotTerminating', podResources],
  ['BestEffort', new Set(['pods'])],
  ['NotBestEffort', podResources],
  ['PriorityClass', podResources],
  ['CrossNamespacePodAffinity', podResources],
  ['VolumeAttributesClass', new Set(['persistentvolumeclaims', 'requests.storage'])],
]);

export function validateResourceQuota({ spec }: ResourceQuota): FieldProblem[] {
  return [...specProblems(spec ?? {})];
}

export function validateResourceQuotaUpdate(next: ResourceQuota, current: ResourceQuota): FieldProblem[] {
  const scopes = (quota: ResourceQuota): string => [...new Set(quota.spec?.scopes)].sort().join();
  const problems = validateResourceQuota(next);
  if (scopes(next) !== scopes(current)) {
    problems.push(invalidValue('spec.scopes', next.spec?.scopes ?? null, immutableDetail));
  }
  return problems;
}

export function validateResourceQuotaStatus({ status }: ResourceQuota): FieldProblem[] {
  return [...amountsProblems(status?.hard, 'status.hard'), ...amountsProblems(status?.used, 'status.used')];
}

function* specProblems(spec: ResourceQuotaSpec): Problems {
  yield* amountsProblems(spec.hard, 'spec.hard');
  const { scopes, scopeSelector } = spec;
  if (scopes?.length) yield* scopesProblems(scopes, { spec, at: 'spec.scopes', value: scopes });
  if (!scopeSelector) return;
  const at = 'spec.scopeSelector.matchExpressions';
  const requirements = scopeSelector.matchExpressions ?? [];
  for (const requirement of requirements) yield* requirementProblems(requirement, at);
  const names = requirements.map(({ scopeName }) => scopeName);
  yield* scopesProblems(names, { spec, at, value: scopeSelector, unknownAt: `${at}.scopeName` });
}

function* amountsProblems(amounts: Readonly<Record<string, string>> | undefined, at: string): Problems {
  for (const [name, amount] of Object.entries(amounts ?? {})) {
    const path = `${at}[${name}]`;
    if (!standardNames.has(name)) {
      yield* resourceNameProblems(name, path);
      if (!name.includes('/') && !isStandard(name))
        yield invalidValue(path, name, 'must be a standard resource for quota');
    }
    const quantity = quantityOf(amount);
    if (!quantity) yield invalidValue(path, amount, 'must be a valid quantity');
    else if (quantity.nanos < 0n) yield invalidValue(path, amount, notNegativeDetail);
    else if ((countedNames.includes(name) || isExtended(name)) && quantity.nanos % 1_000_000_000n !== 0n) {
      yield invalidValue(path, amount, 'must be an integer');
    }
  }
}

interface Scopes {
  readonly spec: ResourceQuotaSpec;
  readonly at: string;
  /** The value that messages show. */
  readonly value: unknown;
  /** The path for a single unknown scope. */
  readonly unknownAt?: string;
}

function* scopesProblems(names: readonly string[], { spec, at, value, unknownAt }: Scopes): Problems {
  for (const name of names) {
    const resources = resourcesOfScope.get(name);
    if (!resources) yield invalidValue(unknownAt ?? at, unknownAt ? name : value, 'unsupported scope');
    for (const resource of Object.keys(spec.hard ?? {})) {
      if (isStandard(resource) && resources?.has(resource) === false) {
        yield invalidValue(at, value, 'unsupported scope applied to resource');
      }
    }
  }
  for (const [one, other] of [
    ['BestEffort', 'NotBestEffort'],
    ['Terminating', 'NotTerminating'],
  ] as const) {
    if (names.includes(one) && names.includes(other)) yield invalidValue(at, value, 'conflicting scopes');
  }
}

const withoutValues = ['BestEffort', 'NotBestEffort', 'Terminating', 'NotTerminating', 'CrossNamespacePodAffinity'];

function* requirementProblems(requirement: ScopedResourceSelectorRequirement, at: string): Problems {
  const { scopeName, operator, values = [] } = requirement;
  if (withoutValues.includes(scopeName) && operator !== 'Exists') {
    const detail =
      "must be 'Exists' when scope is any of ResourceQuotaScopeTerminating, ResourceQuotaScopeNotTerminating, ResourceQuotaScopeBestEffort, ResourceQuotaScopeNotBestEffort or ResourceQuotaScopeCrossNamespacePodAffinity";
    yield invalidValue(`${at}.operator`, operator, detail);
  }
  if (operator === 'In' || operator === 'NotIn') {
    if (values.length === 0) {
      const detail = "must be at least one value when `operator` is 'In' or 'NotIn' for scope selector";
      yield requiredValue(`${at}.values`, detail);
    }
  } else if (operator === 'Exists' || operator === 'DoesNotExist') {
    if (values.length > 0) {
      const detail = "must be no value when `operator` is 'Exist' or 'DoesNotExist' for scope selector";
      yield invalidValue(`${at}.values`, values, detail);
    }
  } else yield invalidValue(`${at}.operator`, operator, 'not a valid selector operator');
}
