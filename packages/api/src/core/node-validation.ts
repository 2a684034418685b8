import {
  duplicateValue,
  type FieldProblem,
  forbiddenValue,
  invalidValue,
  jsonEqual,
  labelValueProblems,
  qualifiedNameProblems,
} from '@typernetes/machinery';
import { oneOf, type Problems, wellFormed } from '../meta/field-checks.ts';
import { cidrProblems, type Stored } from './address-validation.ts';
import type { Node, NodeSpec } from './v1.gen.ts';

export function validateNode(node: Node): FieldProblem[] {
  return [...specProblems(node.spec ?? {})];
}

function* specProblems(spec: NodeSpec, stored: Stored = []): Problems {
  yield* taintProblems(spec);
  for (const [i, cidr] of (spec.podCIDRs ?? []).entries()) yield* cidrProblems(cidr, `spec.podCIDRs[${i}]`, stored);
  if ((spec.podCIDRs?.length ?? 0) > 2) {
    yield invalidValue('spec.podCIDRs', spec.podCIDRs, 'may specify no more than one CIDR for each IP family');
  }
}

function* taintProblems({ taints }: NodeSpec): Problems {
  const seen = new Set<string>();
  for (const [i, taint] of (taints ?? []).entries()) {
    const path = `metadata.taints[${i}]`;
    yield* wellFormed(taint.key, { at: `${path}.key`, by: qualifiedNameProblems, required: true });
    for (const detail of labelValueProblems(taint.value ?? '')) {
      yield invalidValue(`${path}.value`, taint.value, detail);
    }
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
  return [...updateProblems(next, current), ...specProblems(next.spec ?? {}, current.spec?.podCIDRs)];
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
}
