import { type FieldProblem, invalidValue, jsonEqual, requiredValue } from '@typernetes/machinery';
import { canonicalAddress, cidrProblems, familyOf } from '../core/address-validation.ts';
import { immutableDetail, type Problems } from '../meta/field-checks.ts';
import type { ServiceCIDR } from './v1.gen.ts';

export function validateServiceCIDR({ spec }: ServiceCIDR): FieldProblem[] {
  return [...cidrsProblems(spec?.cidrs ?? [], 'spec.cidrs')];
}

/** A range is immutable; a second one of the other family may be added. */
export function validateServiceCIDRUpdate(next: ServiceCIDR, current: ServiceCIDR): FieldProblem[] {
  const at = 'spec.cidrs';
  const [after, before] = [next.spec?.cidrs ?? [], current.spec?.cidrs ?? []];
  if (jsonEqual(after, before)) return [];
  if (before.length === 1 && after.length === 2) {
    if (after[0] !== before[0]) return [invalidValue(`${at}[0]`, after[0], immutableDetail)];
    return validateServiceCIDR(next);
  }
  if (before.length !== after.length) return [invalidValue(at, after, immutableDetail)];
  return after.flatMap((cidr, i) => (cidr === before[i] ? [] : [invalidValue(`${at}[${i}]`, cidr, immutableDetail)]));
}

function* cidrsProblems(cidrs: readonly string[], at: string): Problems {
  if (cidrs.length === 0) {
    yield requiredValue(at, 'at least one CIDR required');
    return;
  }
  if (cidrs.length > 2) yield invalidValue(at, cidrs, 'may only hold up to 2 values');
  const families = new Set(cidrs.map((cidr) => familyOf(cidr.split('/')[0] ?? '')));
  if (cidrs.length === 2 && families.size < 2) {
    const detail = 'may specify no more than one IP for each IP family, i.e 192.168.0.0/24 and 2001:db8::/64';
    yield invalidValue(at, cidrs, detail);
  }
  for (const [i, cidr] of cidrs.entries()) yield* canonicalProblems(cidr, `${at}[${i}]`);
}

function* canonicalProblems(cidr: string, at: string): Problems {
  const wrong = [...cidrProblems(cidr, at)];
  yield* wrong;
  const [address = '', bits = ''] = cidr.split('/');
  const canonical = `${canonicalAddress(address)}/${bits}`;
  if (wrong.length === 0 && canonical !== cidr) {
    yield invalidValue(at, cidr, `must be in canonical form ("${canonical}")`);
  }
}
