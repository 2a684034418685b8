import {
  duplicateValue,
  type FieldProblem,
  invalidValue,
  labelNameProblems,
  requiredValue,
  tooMany,
} from '@typernetes/machinery';
import { externalAddressProblems, familyOf } from '../core/address-validation.ts';
import { immutableDetail, oneOf, type Problems, wellFormed } from '../meta/field-checks.ts';
import type { Endpoint, EndpointSlice } from './v1.gen.ts';

const maxEndpoints = 1000;
const maxAddresses = 100;
const maxPorts = 20_000;

export function validateEndpointSlice(slice: EndpointSlice): FieldProblem[] {
  return [...sliceProblems(slice)];
}

function* sliceProblems({ addressType, endpoints, ports }: EndpointSlice): Problems {
  yield* oneOf(addressType, { at: 'addressType', of: ['FQDN', 'IPv4', 'IPv6'], required: true });
  const list = endpoints ?? [];
  if (list.length > maxEndpoints) yield tooMany('endpoints', list.length, maxEndpoints);
  for (const [i, endpoint] of list.entries()) yield* endpointProblems(endpoint, { at: `endpoints[${i}]`, addressType });
  if ((ports?.length ?? 0) > maxPorts) yield tooMany('ports', ports?.length ?? 0, maxPorts);
  const names = new Set<string>();
  for (const [i, { name = '', protocol }] of (ports ?? []).entries()) {
    yield* wellFormed(name, { at: `ports[${i}].name`, by: labelNameProblems });
    if (names.has(name)) yield duplicateValue(`ports[${i}].name`, name);
    names.add(name);
    yield* oneOf(protocol, { at: `ports[${i}].protocol`, of: ['SCTP', 'TCP', 'UDP'], required: true });
  }
}

function* endpointProblems(endpoint: Endpoint, { at, addressType }: { at: string; addressType: string }): Problems {
  const addresses = endpoint.addresses ?? [];
  if (addresses.length === 0) yield requiredValue(`${at}.addresses`, 'must contain at least 1 address');
  else if (addresses.length > maxAddresses) yield tooMany(`${at}.addresses`, addresses.length, maxAddresses);
  for (const [i, address] of addresses.entries()) {
    const path = `${at}.addresses[${i}]`;
    if (addressType === 'FQDN') continue;
    if (familyOf(address) !== addressType) yield invalidValue(path, address, `must be an ${addressType} address`);
    else yield* externalAddressProblems(address, path);
  }
  yield* wellFormed(endpoint.hostname, { at: `${at}.hostname`, by: labelNameProblems });
  for (const kind of ['forZones', 'forNodes'] as const) {
    const path = `${at}.hints.${kind}`;
    const named = endpoint.hints?.[kind] ?? [];
    if (named.length > maxHints) yield tooMany(path, named.length, maxHints);
    else yield* hintProblems(named, path);
  }
}

const maxHints = 8;

function* hintProblems(named: readonly { readonly name: string }[], at: string): Problems {
  const names = new Set<string>();
  for (const [i, { name }] of named.entries()) {
    if (names.has(name)) yield duplicateValue(`${at}[${i}].name`, name);
    names.add(name);
  }
}

export function validateEndpointSliceUpdate(next: EndpointSlice, current: EndpointSlice): FieldProblem[] {
  const problems = validateEndpointSlice(next);
  if (next.addressType !== current.addressType) {
    problems.push(invalidValue('addressType', next.addressType, immutableDetail));
  }
  return problems;
}
