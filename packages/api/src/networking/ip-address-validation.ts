import {
  type FieldProblem,
  invalidValue,
  jsonEqual,
  pathSegmentProblems,
  requiredValue,
  subdomainProblems,
} from '@typernetes/machinery';
import { canonicalAddress } from '../core/address-validation.ts';
import { immutableDetail, type Problems, wellFormed } from '../meta/field-checks.ts';
import type { IPAddress } from './v1.gen.ts';

/** The name of an IPAddress must be the address in canonical form. */
export function addressNameProblems(name: string): string[] {
  const canonical = canonicalAddress(name);
  if (canonical === undefined) return ['must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)'];
  return canonical === name ? [] : [`must be in canonical form ("${canonical}")`];
}

export function validateIPAddress(address: IPAddress): FieldProblem[] {
  return [...parentProblems(address)];
}

export function validateIPAddressUpdate(next: IPAddress, current: IPAddress): FieldProblem[] {
  const [after, before] = [next.spec?.parentRef, current.spec?.parentRef];
  return jsonEqual(after, before) ? [] : [invalidValue('spec.parentRef', after ?? null, immutableDetail)];
}

function* parentProblems({ spec }: IPAddress): Problems {
  const at = 'spec.parentRef';
  if (!spec?.parentRef) {
    yield requiredValue(at);
    return;
  }
  const { group, resource, name, namespace } = spec.parentRef;
  yield* wellFormed(group, { at: `${at}.group`, by: subdomainProblems });
  yield* wellFormed(resource, { at: `${at}.resource`, by: pathSegmentProblems, required: true });
  yield* wellFormed(name, { at: `${at}.name`, by: pathSegmentProblems, required: true });
  yield* wellFormed(namespace, { at: `${at}.namespace`, by: pathSegmentProblems });
}
