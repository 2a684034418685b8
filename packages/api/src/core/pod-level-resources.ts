import {
  compareQuantities,
  forbiddenValue,
  formatQuantity,
  invalidValue,
  unsupportedValue,
} from '@typernetes/machinery';
import type { Problems } from '../meta/field-checks.ts';
import { containerAmounts, isPodLevel, type ResourceAmounts } from './pod-resources.ts';
import { overcommits, quantityOf, resourceProblems } from './resources-validation.ts';
import type { PodSpec } from './v1.gen.ts';

type Texts = Readonly<Record<string, string>>;

/**
 * Default pod-level requests of a pod with pod-level limits: the sum of its containers' requests, else the limits. Huge
 * pages get the sum of the containers' limits as their limit (upstream: defaultPodRequests, defaultHugePagePodLimits).
 */
export function defaultPodLevelResources(spec: PodSpec): void {
  const { resources } = spec;
  if (!resources?.limits || Object.keys(resources.limits).length === 0) return;
  const limits = { ...resources.limits };
  const requests = { ...resources.requests };
  for (const [name, amount] of Object.entries(amountsOf(spec, 'limits')))
    if (name.startsWith('hugepages-') && requests[name] === undefined) limits[name] ??= formatQuantity(amount);
  for (const [name, amount] of Object.entries(amountsOf(spec, 'requests')))
    if (isPodLevel(name) && overcommits(name)) requests[name] ??= formatQuantity(amount);
  for (const [name, amount] of Object.entries(limits)) if (isPodLevel(name)) requests[name] ??= amount;
  spec.resources = { ...resources, limits, ...(Object.keys(requests).length > 0 ? { requests } : {}) };
}

/** Leaves out malformed quantities, which validation reports. */
function amountsOf(spec: PodSpec, side: 'requests' | 'limits'): ResourceAmounts {
  const all = [...(spec.containers ?? []), ...(spec.initContainers ?? [])];
  const texts = all.flatMap(({ resources }) => Object.values(resources?.[side] ?? {}));
  return texts.every((text) => quantityOf(text))
    ? containerAmounts({ ...spec, containers: spec.containers ?? [] }, side)
    : {};
}

/**
 * Problems of pod-level resources, in themselves and compared with those of the containers (upstream:
 * validatePodResources).
 */
export function* podLevelResourceProblems(spec: PodSpec, at: string): Problems {
  const { resources } = spec;
  if (!resources) return;
  if (spec.os?.name === 'windows') {
    yield forbiddenValue(at, 'may not be set for a windows pod');
    return;
  }
  if (resources.claims?.length)
    yield forbiddenValue(`${at}.claims`, 'claims may not be set for Resources at pod-level');
  for (const side of ['limits', 'requests'] as const)
    for (const name of Object.keys(resources[side] ?? {}))
      if (!isPodLevel(name)) yield unsupportedValue(`${at}.${side}[${name}]`, name, ['cpu', 'hugepages-', 'memory']);
  yield* resourceProblems(resources, at);
  yield* togetherProblems(spec, resources.requests, at);
  yield* eachProblems(spec, resources.limits, at);
}

function* togetherProblems(spec: PodSpec, requests: Texts = {}, at: string): Problems {
  for (const [name, together] of Object.entries(amountsOf(spec, 'requests'))) {
    if (!isPodLevel(name)) continue;
    const text = requests[name] ?? '0';
    const own = quantityOf(text);
    if (!own || compareQuantities(together, own) <= 0) continue;
    const detail = `must be greater than or equal to aggregate container requests of ${formatQuantity(together)}`;
    yield invalidValue(`${at}.requests[${name}]`, text, detail);
  }
}

function* eachProblems(spec: PodSpec, limits: Texts = {}, at: string): Problems {
  for (const [name, together] of Object.entries(amountsOf(spec, 'limits'))) {
    const own = name.startsWith('hugepages-') ? quantityOf(limits[name] ?? '') : undefined;
    if (!own || compareQuantities(together, own) <= 0) continue;
    const detail = `must be greater than or equal to aggregate container limits of ${formatQuantity(together)}`;
    yield invalidValue(`${at}.limits[${name}]`, limits[name], detail);
  }
  for (const [i, { resources }] of (spec.containers ?? []).entries())
    for (const [name, text] of Object.entries(resources?.limits ?? {})) {
      const [limit, whole] = [quantityOf(text), quantityOf(limits[name] ?? '')];
      if (limit && whole && compareQuantities(limit, whole) > 0)
        // Upstream's path goes through the pod's resources.
        yield invalidValue(
          `${at}.containers[${i}][${name}].limits`,
          text,
          `must be less than or equal to pod limits of ${limits[name]}`,
        );
    }
}
