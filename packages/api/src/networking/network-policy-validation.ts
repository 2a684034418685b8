import {
  type FieldProblem,
  forbiddenValue,
  invalidValue,
  requiredValue,
  unsupportedValue,
} from '@typernetes/machinery';
import { cidrProblems, type Stored } from '../core/address-validation.ts';
import { portProblems } from '../core/probe-validation.ts';
import { isStrictSubset } from '../core/subnet.ts';
import { oneOf, type Problems } from '../meta/field-checks.ts';
import { labelSelectorProblems } from '../meta/labels-validation.ts';
import type { IPBlock, NetworkPolicy, NetworkPolicyPeer, NetworkPolicyPort } from './v1.gen.ts';

/** `current`: the stored object, for an update. */
export function validateNetworkPolicy({ spec }: NetworkPolicy, current?: NetworkPolicy): FieldProblem[] {
  return [...specProblems(spec, current?.spec ? rangesOf(current.spec) : [])];
}

function rangesOf({ ingress = [], egress = [] }: NonNullable<NetworkPolicy['spec']>): Stored {
  const peers = [...ingress.flatMap(({ from }) => from ?? []), ...egress.flatMap(({ to }) => to ?? [])];
  return peers.flatMap(({ ipBlock }) => (ipBlock ? [ipBlock.cidr, ...(ipBlock.except ?? [])] : []));
}

function* specProblems(spec: NetworkPolicy['spec'], stored: Stored): Problems {
  yield* labelSelectorProblems(spec.podSelector, 'spec.podSelector');
  for (const [i, { ports, from }] of (spec.ingress ?? []).entries()) {
    const path = `spec.ingress[${i}]`;
    yield* portListProblems(ports, `${path}.ports`);
    yield* peersProblems(from, `${path}.from`, stored);
  }
  for (const [i, { ports, to }] of (spec.egress ?? []).entries()) {
    const path = `spec.egress[${i}]`;
    yield* portListProblems(ports, `${path}.ports`);
    yield* peersProblems(to, `${path}.to`, stored);
  }
  const types = spec.policyTypes ?? [];
  if (types.length > 2) {
    yield invalidValue('spec.policyTypes', types, 'may not specify more than two policyTypes');
    return;
  }
  for (const [i, type] of types.entries()) {
    if (!policyTypes.includes(type ?? '')) yield unsupportedValue(`spec.policyTypes[${i}]`, type ?? '', policyTypes);
  }
}

const policyTypes: readonly string[] = ['Ingress', 'Egress'];

function* portListProblems(ports: readonly NetworkPolicyPort[] | undefined, at: string): Problems {
  for (const [i, { protocol, port, endPort }] of (ports ?? []).entries()) {
    const path = `${at}[${i}]`;
    yield* oneOf(protocol, { at: `${path}.protocol`, of: ['SCTP', 'TCP', 'UDP'] });
    if (port != null) yield* portProblems(port, `${path}.port`);
    if (endPort == null) continue;
    if (port == null)
      yield invalidValue(`${path}.endPort`, endPort, 'may not be specified when `port` is not specified');
    else if (typeof port === 'string') {
      yield invalidValue(`${path}.endPort`, endPort, 'may not be specified when `port` is non-numeric');
    } else if (endPort < port)
      yield invalidValue(`${path}.endPort`, endPort, 'must be greater than or equal to `port`');
  }
}

function* peersProblems(peers: readonly NetworkPolicyPeer[] | undefined, at: string, stored: Stored): Problems {
  for (const [i, peer] of (peers ?? []).entries()) yield* peerProblems(peer, `${at}[${i}]`, stored);
}

function* peerProblems(peer: NetworkPolicyPeer, at: string, stored: Stored): Problems {
  const { podSelector, namespaceSelector, ipBlock } = peer;
  yield* labelSelectorProblems(podSelector, `${at}.podSelector`);
  yield* labelSelectorProblems(namespaceSelector, `${at}.namespaceSelector`);
  if (ipBlock) yield* blockProblems(ipBlock, `${at}.ipBlock`, stored);
  if (!podSelector && !namespaceSelector && !ipBlock) yield requiredValue(at, 'must specify a peer');
  else if (ipBlock && (podSelector || namespaceSelector)) {
    yield forbiddenValue(at, 'may not specify both ipBlock and another peer');
  }
}

function* blockProblems({ cidr, except }: IPBlock, at: string, stored: Stored): Problems {
  if (!cidr) {
    yield requiredValue(`${at}.cidr`);
    return;
  }
  yield* cidrProblems(cidr, `${at}.cidr`, stored);
  for (const [i, exception] of (except ?? []).entries()) {
    yield* cidrProblems(exception, `${at}.except[${i}]`, stored);
    if (isStrictSubset(exception, cidr) === false)
      yield invalidValue(`${at}.except[${i}]`, exception, 'must be a strict subset of `cidr`');
  }
}
