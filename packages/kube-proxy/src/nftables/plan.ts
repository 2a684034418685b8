import { PortMemory } from '../rules/port-memory.ts';
import { masqueradeMark, type ProxyNode } from '../rules/proxy-node.ts';
import type { ServicePort } from '../services/service-port.ts';
import { familyWords, type ServiceContainer } from './draft.ts';
import { planServicePort } from './service-plan.ts';
import type { Chain, Container, Element, NftTable } from './table.ts';

/** Plans tables, and remembers what each service port adds. */
export class TablePlanner {
  readonly #memory = new PortMemory(planServicePort);

  /** The table for a set of service ports, in upstream's structure (pkg/proxy/nftables of v1.36). */
  plan(ports: readonly ServicePort[], node: ProxyNode): NftTable {
    const drafts = this.#memory.of(ports, node);
    const elementsOf = (name: ServiceContainer): ReadonlyMap<string, Element> =>
      new Map(drafts.flatMap(({ elements }) => [...elements[name]]));
    return {
      chains: new Map([...fixedChains(node), ...drafts.flatMap(({ chains }) => [...chains])]),
      containers: new Map([...fixedContainers(node, elementsOf), ...drafts.flatMap(({ sets }) => [...sets])]),
    };
  }
}

/** The table for a set of service ports. Pure. */
export const planTable = (ports: readonly ServicePort[], node: ProxyNode): NftTable =>
  new TablePlanner().plan(ports, node);

/**
 * Chains with a hook, and those that they jump to. Source ranges are checked before addresses are translated, and what is left of
 * the cluster's addresses after that is refused.
 */
function fixedChains(node: ProxyNode): [string, Chain][] {
  const { ip } = familyWords(node);
  const mark = masqueradeMark(node);
  const isNew = (...targets: string[]): string[] => targets.map((target) => `ct state new jump ${target}`);
  const destination = `${ip} daddr . meta l4proto . th dport`;
  const toNodePort = nodePortMatch(node);
  return [
    base('filter-prerouting-pre-dnat', 'filter', 'prerouting', -110, isNew('firewall-check')),
    base('filter-output-pre-dnat', 'filter', 'output', -110, isNew('firewall-check')),
    base('filter-input', 'filter', 'input', 0, isNew('nodeport-endpoints-check', 'service-endpoints-check')),
    base('filter-forward', 'filter', 'forward', 0, isNew('service-endpoints-check', 'cluster-ips-check')),
    base('filter-output', 'filter', 'output', 0, isNew('service-endpoints-check', 'cluster-ips-check')),
    base('nat-prerouting', 'nat', 'prerouting', -100, ['jump services']),
    base('nat-output', 'nat', 'output', -100, ['jump services']),
    base('nat-postrouting', 'nat', 'postrouting', 100, ['jump masquerading']),
    [
      'services',
      {
        rules: [
          `${destination} vmap @service-ips`,
          `${toNodePort.local}meta l4proto . th dport vmap @service-nodeports`,
        ],
      },
    ],
    ['service-endpoints-check', { rules: [`${destination} vmap @no-endpoint-services`] }],
    ['nodeport-endpoints-check', { rules: [`${toNodePort.input}meta l4proto . th dport vmap @no-endpoint-nodeports`] }],
    ['firewall-check', { rules: [`${destination} vmap @firewall-ips`] }],
    ['cluster-ips-check', { rules: clusterIpChecks(node) }],
    ['reject-chain', { comment: 'helper for @no-endpoint-services / @no-endpoint-nodeports', rules: ['reject'] }],
    ['mark-for-masquerade', { rules: [`mark set mark or ${mark}`] }],
    [
      'masquerading',
      {
        rules: [`mark and ${mark} == 0 return`, `mark set mark xor ${mark}`, 'masquerade fully-random'],
      },
    ],
  ];
}

const base = (
  name: string,
  type: 'filter' | 'nat',
  hook: string,
  priority: number,
  rules: readonly string[],
): [string, Chain] => [name, { hook: `type ${type} hook ${hook} priority ${priority}`, rules }];

/** Conditions of traffic to node ports, on every hook and on input alone, where the destination is local anyway. */
function nodePortMatch(node: ProxyNode): { readonly local: string; readonly input: string } {
  const { ip } = familyWords(node);
  if (node.nodePortAddresses !== undefined) {
    const match = `${ip} daddr @nodeport-ips `;
    return { local: match, input: match };
  }
  const notLoopback = node.family === 'IPv4' ? 'ip daddr != 127.0.0.0/8 ' : 'ip6 daddr != ::1 ';
  return { local: `fib daddr type local ${notLoopback}`, input: notLoopback };
}

function clusterIpChecks(node: ProxyNode): string[] {
  const { ip } = familyWords(node);
  return [
    `${ip} daddr @cluster-ips reject comment "Reject traffic to invalid ports of ClusterIPs"`,
    ...(node.serviceCIDRs.length > 0
      ? [`${ip} daddr { ${node.serviceCIDRs.join(', ')} } drop comment "Drop traffic to unallocated ClusterIPs"`]
      : []),
  ];
}

function fixedContainers(
  node: ProxyNode,
  elementsOf: (name: ServiceContainer) => ReadonlyMap<string, Element>,
): [string, Container][] {
  const { address } = familyWords(node);
  const service = `${address} . inet_proto . inet_service`;
  const map = (name: ServiceContainer, key: string, comment: string): [string, Container] => [
    name,
    { kind: 'map', definition: `type ${key} : verdict ; comment "${comment}" ;`, elements: elementsOf(name) },
  ];
  const set = (name: string, comment: string, of: ReadonlyMap<string, Element>): [string, Container] => [
    name,
    { kind: 'set', definition: `type ${address} ; comment "${comment}" ;`, elements: of },
  ];
  return [
    set('cluster-ips', 'Active ClusterIPs', elementsOf('cluster-ips')),
    ...(node.nodePortAddresses === undefined
      ? []
      : [set('nodeport-ips', 'IPs that accept NodePort traffic', nodePortIps(node.nodePortAddresses))]),
    map('service-ips', service, 'ClusterIP, ExternalIP and LoadBalancer IP traffic'),
    map('service-nodeports', 'inet_proto . inet_service', 'NodePort traffic'),
    map('no-endpoint-services', service, 'vmap to drop or reject packets to services with no endpoints'),
    map(
      'no-endpoint-nodeports',
      'inet_proto . inet_service',
      'vmap to drop or reject packets to service nodeports with no endpoints',
    ),
    map('firewall-ips', service, 'destinations that are subject to LoadBalancerSourceRanges'),
  ];
}

/** Node ports never answer on loopback in this mode. */
const nodePortIps = (addresses: readonly string[]): Map<string, Element> =>
  new Map(
    addresses
      .filter((ip) => ip !== '::1' && !ip.startsWith('127.'))
      .map((ip): [string, Element] => [ip, { verdict: '' }]),
  );
