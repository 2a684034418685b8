import type { NetworkPolicy, NetworkPolicyPeer, NetworkPolicyPort } from '@typernetes/api/networking/v1';
import { formatLabelSelector, parseTime } from '@typernetes/machinery';
import type { Describer } from './describer.ts';
import type { Description } from './description.ts';

export const describeNetworkPolicy: Describer<NetworkPolicy> = async ({ metadata, spec }, text) => {
  text.line(0, 'Name:', metadata.name);
  text.line(0, 'Namespace:', metadata.namespace ?? '');
  text.line(0, 'Created on:', createdText(metadata.creationTimestamp));
  text.pairs(0, 'Labels:', metadata.labels);
  text.annotations(0, metadata.annotations);
  text.line(0, 'Spec:');
  const { matchLabels = {}, matchExpressions = [] } = spec?.podSelector ?? {};
  const all = Object.keys(matchLabels).length === 0 && matchExpressions.length === 0;
  const selected = all
    ? '<none> (Allowing the specific traffic to all pods in this namespace)'
    : formatLabelSelector(spec?.podSelector);
  text.line(1, `PodSelector:     ${selected}`);
  const types = spec?.policyTypes ?? [];
  const ingress = (spec?.ingress ?? []).map(({ ports, from }) => ({ ports, peers: from }));
  const egress = (spec?.egress ?? []).map(({ ports, to }) => ({ ports, peers: to }));
  if (types.includes('Ingress')) describeRules(text, ingressWords, ingress);
  else text.line(1, 'Not affecting ingress traffic');
  if (types.includes('Egress')) describeRules(text, egressWords, egress);
  else text.line(1, 'Not affecting egress traffic');
  text.line(1, `Policy Types: ${types.join(', ') || '<none>'}`);
};

interface Words {
  readonly traffic: 'ingress' | 'egress';
  readonly peer: 'From' | 'To';
  readonly end: 'source' | 'destination';
}
const ingressWords: Words = { traffic: 'ingress', peer: 'From', end: 'source' };
const egressWords: Words = { traffic: 'egress', peer: 'To', end: 'destination' };

function describeRules(
  text: Description,
  { traffic, peer, end }: Words,
  rules: readonly {
    ports: readonly NetworkPolicyPort[] | undefined;
    peers: readonly NetworkPolicyPeer[] | undefined;
  }[],
): void {
  text.line(1, `Allowing ${traffic} traffic:`);
  if (rules.length === 0) text.line(2, `<none> (Selected pods are isolated for ${traffic} connectivity)`);
  for (const [i, { ports = [], peers = [] }] of rules.entries()) {
    if (i > 0) text.line(2, '----------');
    if (ports.length === 0) text.line(2, 'To Port: <any> (traffic allowed to all ports)');
    for (const { port, endPort, protocol = 'TCP' } of ports) {
      // A port that is not given is Go's nil.
      const first = port ?? '<nil>';
      text.line(
        2,
        endPort === undefined ? `To Port: ${first}/${protocol}` : `To Port Range: ${first}-${endPort}/${protocol}`,
      );
    }
    if (peers.length === 0) text.line(2, `${peer}: <any> (traffic not restricted by ${end})`);
    for (const one of peers) {
      text.line(2, `${peer}:`);
      for (const [level, line] of peerLines(one)) text.line(level, line);
    }
  }
}

function peerLines({ podSelector, namespaceSelector, ipBlock }: NetworkPolicyPeer): [number, string][] {
  const lines: [number, string][] = [];
  if (namespaceSelector) lines.push([3, `NamespaceSelector: ${formatLabelSelector(namespaceSelector)}`]);
  if (podSelector) lines.push([3, `PodSelector: ${formatLabelSelector(podSelector)}`]);
  if (lines.length === 0 && ipBlock) {
    lines.push([3, 'IPBlock:'], [4, `CIDR: ${ipBlock.cidr}`], [4, `Except: ${(ipBlock.except ?? []).join(', ')}`]);
  }
  return lines;
}

/** `2026-01-02 03:04:05 +0000 UTC`, as Go prints a time. */
function createdText(time: string | undefined): string {
  if (time === undefined || parseTime(time) === undefined) return '<none>';
  return `${new Date(time).toISOString().slice(0, 19).replace('T', ' ')} +0000 UTC`;
}
