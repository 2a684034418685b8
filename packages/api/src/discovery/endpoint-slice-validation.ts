import {
  duplicateValue,
  type FieldProblem,
  invalidValue,
  labelNameProblems,
  labelValueProblems,
  requiredValue,
  subdomainProblems,
  tooMany,
} from '@typernetes/machinery';
import { externalAddressProblems, familyOfStored, type Stored } from '../core/address-validation.ts';
import { appProtocolProblems, immutableDetail, oneOf, type Problems, wellFormed } from '../meta/field-checks.ts';
import { labelProblems } from '../meta/labels-validation.ts';
import type { Endpoint, EndpointSlice } from './v1.gen.ts';

const maxEndpoints = 1000;
const maxAddresses = 100;
const maxPorts = 20_000;

/** `current`: the stored object, for an update. */
export function validateEndpointSlice(slice: EndpointSlice, current?: EndpointSlice): FieldProblem[] {
  return [
    ...sliceProblems(
      slice,
      (current?.endpoints ?? []).flatMap(({ addresses }) => addresses ?? []),
    ),
  ];
}

function* sliceProblems({ addressType, endpoints, ports }: EndpointSlice, stored: Stored): Problems {
  yield* oneOf(addressType, { at: 'addressType', of: ['FQDN', 'IPv4', 'IPv6'], required: true });
  const list = endpoints ?? [];
  if (list.length > maxEndpoints) yield tooMany('endpoints', list.length, maxEndpoints);
  for (const [i, endpoint] of list.entries()) {
    yield* endpointProblems(endpoint, { at: `endpoints[${i}]`, addressType, stored });
  }
  if ((ports?.length ?? 0) > maxPorts) yield tooMany('ports', ports?.length ?? 0, maxPorts);
  const names = new Set<string>();
  for (const [i, { name = '', protocol, appProtocol }] of (ports ?? []).entries()) {
    yield* wellFormed(name, { at: `ports[${i}].name`, by: labelNameProblems });
    if (names.has(name)) yield duplicateValue(`ports[${i}].name`, name);
    names.add(name);
    yield* oneOf(protocol, { at: `ports[${i}].protocol`, of: ['SCTP', 'TCP', 'UDP'], required: 'given' });
    yield* appProtocolProblems(appProtocol, `ports[${i}].appProtocol`);
  }
}

function* endpointProblems(
  endpoint: Endpoint,
  { at, addressType, stored }: { at: string; addressType: string; stored: Stored },
): Problems {
  const addresses = endpoint.addresses ?? [];
  if (addresses.length === 0) yield requiredValue(`${at}.addresses`, 'must contain at least 1 address');
  else if (addresses.length > maxAddresses) yield tooMany(`${at}.addresses`, addresses.length, maxAddresses);
  for (const [i, address] of addresses.entries()) {
    const path = `${at}.addresses[${i}]`;
    if (addressType === 'FQDN') {
      for (const detail of subdomainProblems(address)) yield invalidValue(path, address, detail);
    } else if (addressType === 'IPv4' || addressType === 'IPv6') {
      if (familyOfStored(address) !== addressType)
        yield invalidValue(path, address, `must be an ${addressType} address`);
      else yield* externalAddressProblems(address, path, stored);
    }
  }
  yield* wellFormed(endpoint.hostname, { at: `${at}.hostname`, by: labelNameProblems });
  if (endpoint.nodeName != null) {
    for (const detail of subdomainProblems(endpoint.nodeName)) {
      yield invalidValue(`${at}.nodeName`, endpoint.nodeName, detail);
    }
  }
  yield* labelProblems(endpoint.deprecatedTopology, `${at}.deprecatedTopology`);
  for (const kind of ['forZones', 'forNodes'] as const) {
    const path = `${at}.hints.${kind}`;
    const named = endpoint.hints?.[kind] ?? [];
    if (named.length > maxHints) yield tooMany(path, named.length, maxHints);
    else yield* hintProblems(named, path, kind === 'forZones' ? labelValueProblems : subdomainProblems);
  }
}

const maxHints = 8;

function* hintProblems(
  named: readonly { readonly name: string }[],
  at: string,
  problemsOf: (name: string) => readonly string[],
): Problems {
  const names = new Set<string>();
  for (const [i, { name }] of named.entries()) {
    if (names.has(name)) yield duplicateValue(`${at}[${i}].name`, name);
    names.add(name);
    for (const detail of problemsOf(name)) yield invalidValue(`${at}[${i}].name`, name, detail);
  }
}

export function validateEndpointSliceUpdate(next: EndpointSlice, current: EndpointSlice): FieldProblem[] {
  const problems = validateEndpointSlice(next, current);
  if (next.addressType !== current.addressType) {
    problems.push(invalidValue('addressType', next.addressType, immutableDetail));
  }
  return problems;
}
