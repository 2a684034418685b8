import { ownBalancerSources } from '../rules/own-balancer-sources.ts';
import type { PodDetector } from '../rules/pod-detector.ts';
import type { ProxyNode } from '../rules/proxy-node.ts';
import {
  type Backend,
  backendAddress,
  nearBackends,
  type ServicePort,
  usableBackends,
} from '../services/service-port.ts';
import { chainNames } from './chain-names.ts';
import { type Draft, emptyDraft, familyWords, type ServiceContainer } from './draft.ts';

/** The chains of a service port, and its elements of the maps that lead there. */
export function planServicePort(port: ServicePort, node: ProxyNode): Draft {
  const draft = emptyDraft();
  const cluster = usableBackends(nearBackends(port.backends, { name: node.name, zone: node.zone }));
  const local = usableBackends(port.backends.filter((backend) => backend.nodeName === node.name));
  const has = cluster.length > 0 || local.length > 0;
  const traffic: Traffic = {
    port,
    node,
    cluster,
    local,
    hasInternal: port.internalPolicyLocal ? local.length > 0 : has,
    hasExternal: port.externalPolicyLocal ? local.length > 0 : has,
    hasAny: has,
  };
  planDestinations(traffic, draft);
  planChains(traffic, draft);
  return draft;
}

/** A service port with the backends that each kind of traffic may use. */
interface Traffic {
  readonly port: ServicePort;
  readonly node: ProxyNode;
  readonly cluster: readonly Backend[];
  /** Those on this node. */
  readonly local: readonly Backend[];
  /** Whether traffic to the cluster IP, to the other addresses and node ports, to any of them, reaches a backend. */
  readonly hasInternal: boolean;
  readonly hasExternal: boolean;
  readonly hasAny: boolean;
}

const isOpen = ({ nodePort, externalIPs, loadBalancerIPs }: ServicePort): boolean =>
  nodePort > 0 || externalIPs.length + loadBalancerIPs.length > 0;

/** Whether only some source ranges may use the load balancer's addresses. */
const hasFirewall = ({ loadBalancerIPs, loadBalancerSourceRanges }: ServicePort): boolean =>
  loadBalancerIPs.length > 0 && loadBalancerSourceRanges.length > 0;

/** nft takes at most 128 bytes, the last of which is zero. */
const commentOf = ({ id }: ServicePort): string => id.slice(0, 127);

/** Fills the maps from addresses and ports to chains, and those of destinations that nobody serves. */
function planDestinations({ port, hasInternal, hasExternal, hasAny }: Traffic, draft: Draft): void {
  const put = (to: ServiceContainer, key: string, verdict: string, comment?: string): void => {
    draft.elements[to].set(key, { verdict, ...(comment === undefined ? {} : { comment }) });
  };
  const at = (ip: string): string => `${ip} . ${port.protocol} . ${port.port}`;
  const atNode = `${port.protocol} . ${port.nodePort}`;
  // With backends elsewhere it is the policy that keeps them from this traffic: upstream drops it then.
  const refused = hasAny ? 'drop' : 'goto reject-chain';
  const external = `goto ${chainNames.external(port)}`;

  put('cluster-ips', port.clusterIP, '');
  if (hasInternal)
    put(
      'service-ips',
      at(port.clusterIP),
      `goto ${port.internalPolicyLocal ? chainNames.local(port) : chainNames.cluster(port)}`,
    );
  else put('no-endpoint-services', at(port.clusterIP), refused, commentOf(port));

  for (const ip of [...port.externalIPs, ...port.loadBalancerIPs]) {
    if (hasAny) put('service-ips', at(ip), external);
    if (!hasExternal) put('no-endpoint-services', at(ip), refused, commentOf(port));
  }
  if (hasFirewall(port))
    for (const ip of port.loadBalancerIPs) put('firewall-ips', at(ip), `goto ${chainNames.firewall(port)}`);
  if (port.nodePort > 0) {
    if (hasAny) put('service-nodeports', atNode, external);
    if (!hasExternal) put('no-endpoint-nodeports', atNode, refused, commentOf(port));
  }
}

function planChains(traffic: Traffic, { chains, sets }: Draft): void {
  const { port, node, cluster, local, hasAny } = traffic;
  const open = isOpen(port);
  // Pods and this node reach every backend by the external chain, whatever its policy.
  const usesCluster = cluster.length > 0 && (!port.internalPolicyLocal || open);
  const usesLocal = local.length > 0 && (port.internalPolicyLocal || (open && port.externalPolicyLocal));
  if (usesCluster)
    chains.set(chainNames.cluster(port), {
      rules: [
        ...(port.internalPolicyLocal ? [] : masqueradeRules(traffic)),
        ...balance(port, cluster, familyWords(node).ip),
      ],
    });
  if (usesLocal)
    chains.set(chainNames.local(port), {
      rules: [
        ...(port.internalPolicyLocal ? masqueradeRules(traffic) : []),
        ...balance(port, local, familyWords(node).ip),
      ],
    });
  if (hasAny && open) chains.set(chainNames.external(port), { rules: externalRules(traffic) });
  if (hasFirewall(port)) chains.set(chainNames.firewall(port), { rules: [firewallRule(port, node)] });
  for (const backend of new Set([...(usesCluster ? cluster : []), ...(usesLocal ? local : [])])) {
    chains.set(chainNames.backend(port, backend), { rules: backendRules(port, backend, familyWords(node).ip) });
    if (port.affinitySeconds !== undefined)
      sets.set(chainNames.affinity(port, backend), {
        kind: 'set',
        definition: `type ${familyWords(node).address} ; flags dynamic,timeout ; timeout ${port.affinitySeconds}s ;`,
        elements: undefined,
      });
  }
}

/** Traffic from outside the cluster to a cluster IP may leave this node again: the answer must come back here. */
function masqueradeRules({ port, node }: Traffic): string[] {
  const { ip } = familyWords(node);
  const match = `${ip} daddr ${port.clusterIP} ${port.protocol} dport ${port.port}`;
  if (node.masqueradeAll) return [`${match} jump mark-for-masquerade`];
  return node.pods ? [`${match} ${podMatch(node.pods, ip, '!= ')} jump mark-for-masquerade`] : [];
}

function externalRules({ port, node, hasExternal }: Traffic): string[] {
  const cluster = chainNames.cluster(port);
  if (!port.externalPolicyLocal) return ['jump mark-for-masquerade', `goto ${cluster}`];
  const { ip } = familyWords(node);
  return [
    // Pods that use the address reach every backend, as they would through a load balancer.
    ...(node.pods ? [`${podMatch(node.pods, ip)} goto ${cluster} comment "short-circuit pod traffic"`] : []),
    // As does this node, whose own address would be the source.
    'fib saddr type local jump mark-for-masquerade comment "masquerade local traffic"',
    `fib saddr type local goto ${cluster} comment "short-circuit local traffic"`,
    ...(hasExternal ? [`goto ${chainNames.local(port)}`] : []),
  ];
}

function firewallRule(port: ServicePort, node: ProxyNode): string {
  const sources = [...port.loadBalancerSourceRanges, ...ownBalancerSources(port, node)];
  return `${familyWords(node).ip} saddr != { ${sources.join(', ')} } drop`;
}

/** Clients that have a backend already go there, others to a random one. */
function balance(port: ServicePort, backends: readonly Backend[], ip: string): string[] {
  const goto = (backend: Backend): string => `goto ${chainNames.backend(port, backend)}`;
  const sticky =
    port.affinitySeconds === undefined
      ? []
      : backends.map((backend) => `${ip} saddr @${chainNames.affinity(port, backend)} ${goto(backend)}`);
  const choices = backends.map((backend, i) => `${i} : ${goto(backend)}`);
  return [...sticky, `numgen random mod ${backends.length} vmap { ${choices.join(' , ')} }`];
}

function backendRules(port: ServicePort, backend: Backend, ip: string): string[] {
  return [
    // Hairpin: a pod that reaches itself through its service must not see its own address as the source.
    `${ip} saddr ${backend.ip} jump mark-for-masquerade`,
    ...(port.affinitySeconds === undefined ? [] : [`update @${chainNames.affinity(port, backend)} { ${ip} saddr }`]),
    `meta l4proto ${port.protocol} dnat to ${backendAddress(backend)}`,
  ];
}

/** Matches traffic from pods, or with `not` all other. Interfaces by name, for they may come later. */
const podMatch = (pods: PodDetector, ip: string, not = ''): string =>
  'source' in pods ? `${ip} saddr ${not}${pods.source}` : `iifname ${not}"${pods.interface}${pods.prefix ? '*' : ''}"`;
