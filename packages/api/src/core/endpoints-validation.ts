import { duplicateValue, type FieldProblem, labelNameProblems, requiredValue } from '@typernetes/machinery';
import { oneOf, type Problems, port, wellFormed } from '../meta/field-checks.ts';
import { externalAddressProblems } from './address-validation.ts';
import type { EndpointSubset, Endpoints } from './v1.gen.ts';

export function validateEndpoints({ subsets }: Endpoints): FieldProblem[] {
  return (subsets ?? []).flatMap((subset, i) => [...subsetProblems(subset, `subsets[${i}]`)]);
}

function* subsetProblems({ addresses = [], notReadyAddresses = [], ports = [] }: EndpointSubset, at: string): Problems {
  if (addresses.length === 0 && notReadyAddresses.length === 0) {
    yield requiredValue(at, 'must specify `addresses` or `notReadyAddresses`');
  }
  for (const [i, { ip }] of addresses.entries()) yield* externalAddressProblems(ip, `${at}.addresses[${i}].ip`);
  for (const [i, { ip }] of notReadyAddresses.entries()) {
    yield* externalAddressProblems(ip, `${at}.notReadyAddresses[${i}].ip`);
  }
  const names = new Set<string>();
  for (const [i, { name, port: number, protocol }] of ports.entries()) {
    const path = `${at}.ports[${i}]`;
    yield* wellFormed(name, { at: `${path}.name`, by: labelNameProblems, required: ports.length > 1 });
    if (name) {
      if (names.has(name)) yield duplicateValue(`${path}.name`, name);
      names.add(name);
    }
    yield* port(number ?? 0, `${path}.port`);
    yield* oneOf(protocol, { at: `${path}.protocol`, of: ['SCTP', 'TCP', 'UDP'], required: true });
  }
}
