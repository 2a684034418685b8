import {
  duplicateValue,
  type FieldProblem,
  forbiddenValue,
  invalidValue,
  jsonEqual,
  labelValueProblems,
  qualifiedNameProblems,
} from '@typernetes/machinery';
import { notNegativeDetail, oneOf, type Problems } from '../meta/field-checks.ts';
import { cidrProblems, familyOfStored, type Stored } from './address-validation.ts';
import { countedNames, isExtended, quantityOf } from './resources-validation.ts';
import type { Node, NodeSpec } from './v1.gen.ts';

export function validateNode({ spec, status }: Node): FieldProblem[] {
  return [...specProblems(spec ?? {}), ...amountsProblems(status)];
}

/** Rules for capacity and allocatable. */
function* amountsProblems(status: Node['status']): Problems {
  for (const name of ['capacity', 'allocatable'] as const) {
    for (const [resource, amount = ''] of Object.entries(status?.[name] ?? {})) {
      const nanos = quantityOf(amount)?.nanos ?? 0n;
      const at = `status.${name}[${resource}]`;
      if (nanos < 0n) yield invalidValue(at, amount, notNegativeDetail);
      const comesWhole = countedNames.includes(resource) || isExtended(resource);
      if (comesWhole && nanos % 1_000_000_000n !== 0n) yield invalidValue(at, amount, 'must be an integer');
    }
  }
}

function* specProblems(spec: NodeSpec, stored: Stored = []): Problems {
  yield* taintProblems(spec);
  for (const [i, cidr] of (spec.podCIDRs ?? []).entries()) yield* cidrProblems(cidr, `spec.podCIDRs[${i}]`, stored);
  const ranges = spec.podCIDRs ?? [];
  const families = new Set(ranges.map((cidr) => familyOfStored(cidr.split('/')[0] ?? '')));
  if (ranges.length > families.size) {
    yield invalidValue('spec.podCIDRs', ranges, 'may specify no more than one CIDR for each IP family');
  }
}

function* taintProblems({ taints }: NodeSpec): Problems {
  const seen = new Set<string>();
  for (const [i, taint] of (taints ?? []).entries()) {
    const path = `metadata.taints[${i}]`;
    const { key = '', value = '' } = taint;
    for (const detail of qualifiedNameProblems(key)) yield invalidValue(`${path}.key`, key, detail);
    const wrong = labelValueProblems(value);
    if (wrong.length > 0) yield invalidValue(`${path}.value`, value, wrong.join(';'));
    yield* oneOf(taint.effect, {
      at: `${path}.effect`,
      of: ['NoSchedule', 'PreferNoSchedule', 'NoExecute'],
      required: true,
    });
    const pair = `${taint.key}:${taint.effect}`;
    if (seen.has(pair)) {
      const problem = duplicateValue(path, taint);
      yield { ...problem, body: `${problem.body}: taints must be unique by key and effect pair` };
    }
    seen.add(pair);
  }
}

export function validateNodeUpdate(next: Node, current: Node): FieldProblem[] {
  return [
    ...updateProblems(next, current),
    ...specProblems(next.spec ?? {}, current.spec?.podCIDRs),
    ...amountsProblems(next.status),
  ];
}

function* updateProblems({ spec: next, status }: Node, { spec: current }: Node): Problems {
  if (current?.podCIDRs?.length && !jsonEqual(next?.podCIDRs, current.podCIDRs)) {
    yield forbiddenValue('spec.podCIDRs', 'node updates may not change podCIDR except from "" to valid');
  }
  if (current?.providerID && next?.providerID !== current.providerID) {
    yield forbiddenValue('spec.providerID', 'node updates may not change providerID except from "" to valid');
  }
  const seen = new Set<string>();
  for (const [i, address] of (status?.addresses ?? []).entries()) {
    const key = `${address.type}/${address.address}`;
    if (seen.has(key)) yield duplicateValue(`status.addresses[${i}]`, address);
    seen.add(key);
  }
  // The remaining field of the spec. One element of upstream's path has no name.
  if ((next?.externalID ?? '') !== (current?.externalID ?? '')) yield forbiddenValue('[]', onlyChanges);
}

const onlyChanges =
  'node updates may only change labels, taints, or capacity (or configSource, if the DynamicKubeletConfig feature gate is enabled)';
