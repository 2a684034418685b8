import {
  duplicateValue,
  type FieldProblem,
  invalidValue,
  labelNameProblems,
  requiredValue,
  subdomainProblems,
} from '@typernetes/machinery';
import { appProtocolProblems, oneOf, type Problems, port, wellFormed } from '../meta/field-checks.ts';
import { externalAddressProblems, familyOf, type Stored, withoutZeros } from './address-validation.ts';
import type { EndpointAddress, EndpointSubset, Endpoints } from './v1.gen.ts';

/** `current`: the stored object, for an update. */
export function validateEndpoints({ subsets }: Endpoints, current?: Endpoints): FieldProblem[] {
  const stored = (current?.subsets ?? []).flatMap(({ addresses = [], notReadyAddresses = [] }) =>
    [...addresses, ...notReadyAddresses].map(({ ip }) => ip),
  );
  return (subsets ?? []).flatMap((subset, i) => [...subsetProblems(subset, `subsets[${i}]`, stored)]);
}

function* subsetProblems(subset: EndpointSubset, at: string, stored: Stored): Problems {
  const { addresses = [], notReadyAddresses = [], ports = [] } = subset;
  if (addresses.length === 0 && notReadyAddresses.length === 0) {
    yield requiredValue(at, 'must specify `addresses` or `notReadyAddresses`');
  }
  for (const [name, list] of Object.entries({ addresses, notReadyAddresses })) {
    for (const [i, address] of list.entries()) yield* addressEntryProblems(address, `${at}.${name}[${i}]`, stored);
  }
  const names = new Set<string>();
  for (const [i, { name, port: number, protocol, appProtocol }] of ports.entries()) {
    const path = `${at}.ports[${i}]`;
    yield* wellFormed(name, { at: `${path}.name`, by: labelNameProblems, required: ports.length > 1 });
    if (name) {
      if (names.has(name)) yield duplicateValue(`${path}.name`, name);
      names.add(name);
    }
    yield* port(number ?? 0, `${path}.port`);
    yield* oneOf(protocol, { at: `${path}.protocol`, of: ['SCTP', 'TCP', 'UDP'], required: true });
    yield* appProtocolProblems(appProtocol, `${path}.appProtocol`);
  }
}

function* addressEntryProblems({ ip, hostname, nodeName }: EndpointAddress, at: string, stored: Stored): Problems {
  yield* externalAddressProblems(ip, `${at}.ip`, stored);
  // Upstream reports this twice; this rule applies whatever was stored.
  if (familyOf(withoutZeros(ip)) === undefined) yield invalidValue(`${at}.ip`, ip, 'must be a valid IP address');
  yield* wellFormed(hostname, { at: `${at}.hostname`, by: labelNameProblems });
  if (nodeName != null) {
    for (const detail of subdomainProblems(nodeName)) yield invalidValue(`${at}.nodeName`, nodeName, detail);
  }
}
