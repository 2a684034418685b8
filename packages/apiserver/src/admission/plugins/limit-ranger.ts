import type { Container, LimitRange, LimitRangeItem, PersistentVolumeClaim, Pod } from '@typernetes/api/core/v1';
import { aggregateText } from '@typernetes/base';
import type { Lister } from '@typernetes/client';
import { addQuantities, formatQuantity, maxQuantity, parseQuantity, type Quantity } from '@typernetes/machinery';
import type { AdmissionPlugin, AdmissionRequest } from '../admission-plugin.ts';
import { type Amounts, limitProblems } from '../limit-range-problems.ts';
import { refusal, targetOf } from '../request-target.ts';

const annotation = 'kubernetes.io/limit-ranger';

/** Fills in the namespace's default requests and limits, then refuses pods outside its bounds. */
export function limitRanger(deps: { readonly limitRanges: Pick<Lister<LimitRange>, 'inNamespace'> }): AdmissionPlugin {
  return {
    name: 'LimitRanger',
    concerns: (request) => {
      const target = targetOf(request);
      if (target === 'pods') return request.operation === 'CREATE';
      const writes = request.operation === 'CREATE' || request.operation === 'UPDATE';
      return target === 'persistentvolumeclaims' && writes;
    },
    admit: (request) => {
      if (targetOf(request) !== 'pods') return;
      for (const range of deps.limitRanges.inNamespace(request.namespace)) applyDefaults(request.object as Pod, range);
    },
    validate: (request) => {
      const problems = deps.limitRanges
        .inNamespace(request.namespace)
        .flatMap((range) => (range.spec.limits ?? []).flatMap((item) => itemProblems(item, request)));
      if (problems.length === 0) return;
      throw refusal(request, aggregateText(problems));
    },
  };
}

function itemProblems(item: LimitRangeItem, request: AdmissionRequest): string[] {
  if (targetOf(request) === 'persistentvolumeclaims') {
    const claim = request.object as PersistentVolumeClaim;
    return item.type === 'PersistentVolumeClaim'
      ? limitProblems(item, { requests: claim.spec?.resources?.requests })
      : [];
  }
  const { spec } = request.object as Pod;
  if (item.type === 'Container') {
    return [...(spec.initContainers ?? []), ...spec.containers].flatMap((one) =>
      limitProblems(item, one.resources ?? {}),
    );
  }
  return item.type === 'Pod' ? limitProblems(item, podAmounts(spec)) : [];
}

/** The pod's totals: its containers run together, its init containers before them, one after the other. */
function podAmounts(spec: Pod['spec']): Amounts {
  return { requests: total(spec, 'requests'), limits: total(spec, 'limits') };
}

function total(spec: Pod['spec'], which: 'requests' | 'limits'): Record<string, string> {
  const sums = new Map<string, Quantity>();
  const amountsOf = (container: Container): [string, Quantity][] =>
    Object.entries(container.resources?.[which] ?? {}).map(([name, text]) => [name, parseQuantity(text)]);
  // If one container has no limit, the pod has none.
  const complete = (name: string): boolean =>
    which === 'requests' || spec.containers.every((container) => container.resources?.limits?.[name] !== undefined);
  for (const [name, amount] of spec.containers.flatMap(amountsOf)) {
    const before = sums.get(name);
    sums.set(name, before ? addQuantities(before, amount) : amount);
  }
  for (const [name, amount] of (spec.initContainers ?? []).flatMap(amountsOf)) {
    const before = sums.get(name);
    sums.set(name, before ? maxQuantity(before, amount) : amount);
  }
  return Object.fromEntries(
    [...sums].filter(([name]) => complete(name)).map(([name, sum]) => [name, formatQuantity(sum)]),
  );
}

function applyDefaults(pod: Pod, range: LimitRange): void {
  const notes: string[] = [];
  for (const { type, default: limits = {}, defaultRequest: requests = {} } of range.spec.limits ?? []) {
    if (type !== 'Container') continue;
    for (const container of pod.spec.containers) notes.push(...fill(container, { requests, limits }, 'container'));
    for (const container of pod.spec.initContainers ?? [])
      notes.push(...fill(container, { requests, limits }, 'init container'));
  }
  if (notes.length === 0) return;
  pod.metadata.annotations = {
    ...pod.metadata.annotations,
    [annotation]: `LimitRanger plugin set: ${notes.join('; ')}`,
  };
}

function fill(container: Container, defaults: Required<Amounts>, what: string): string[] {
  const notes: string[] = [];
  for (const [kind, label] of [
    ['requests', 'request'],
    ['limits', 'limit'],
  ] as const) {
    const own = container.resources?.[kind] ?? {};
    const missing = Object.keys(defaults[kind])
      .filter((name) => own[name] === undefined)
      .sort();
    if (missing.length === 0) continue;
    const filled = Object.fromEntries(missing.map((name) => [name, defaults[kind][name] as string]));
    container.resources = { ...container.resources, [kind]: { ...own, ...filled } };
    notes.push(`${missing.join(', ')} ${label} for ${what} ${container.name}`);
  }
  return notes;
}
