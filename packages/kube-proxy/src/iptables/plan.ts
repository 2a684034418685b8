import { ownBalancerSources } from '../rules/own-balancer-sources.ts';
import type { PodDetector } from '../rules/pod-detector.ts';
import { PortMemory } from '../rules/port-memory.ts';
import { masqueradeMark, type ProxyNode } from '../rules/proxy-node.ts';
import {
  type Backend,
  backendAddress,
  nearBackends,
  type ServicePort,
  usableBackends,
} from '../services/service-port.ts';
import { chainNames } from './chain-names.ts';
import type { Ruleset } from './ruleset.ts';

/** What one service port adds to the chains. */
interface PortRules {
  readonly services: string[];
  readonly nodePorts: string[];
  readonly rejects: string[];
  readonly externalRejects: string[];
  readonly firewall: string[];
  /** Its own chains. */
  readonly chains: Map<string, readonly string[]>;
}

/** Plans rules, and remembers those of each service port. */
export class RulePlanner {
  readonly #memory = new PortMemory(portRules);

  /** The rules for a set of service ports, in upstream's structure of chains. */
  plan(ports: readonly ServicePort[], node: ProxyNode): Ruleset {
    return rulesetOf(this.#memory.of(ports, node), node);
  }
}

/** The rules for a set of service ports. Pure. */
export const planRules = (ports: readonly ServicePort[], node: ProxyNode): Ruleset =>
  new RulePlanner().plan(ports, node);

function rulesetOf(all: readonly PortRules[], node: ProxyNode): Ruleset {
  const mark = masqueradeMark(node);
  return {
    nat: {
      chains: new Map<string, readonly string[]>([
        ['KUBE-SERVICES', [...all.flatMap(({ services }) => services), ...nodePortJumps(node)]],
        ['KUBE-NODEPORTS', all.flatMap(({ nodePorts }) => nodePorts)],
        [
          'KUBE-POSTROUTING',
          [
            `-m mark ! --mark ${mark}/${mark} -j RETURN`,
            `-j MARK --xor-mark ${mark}`,
            '-m comment --comment "kubernetes service traffic requiring SNAT" -j MASQUERADE --random-fully',
          ],
        ],
        ['KUBE-MARK-MASQ', [`-j MARK --or-mark ${mark}`]],
        ...all.flatMap(({ chains }) => [...chains]),
      ]),
    },
    filter: {
      chains: new Map<string, readonly string[]>([
        ['KUBE-SERVICES', all.flatMap(({ rejects }) => rejects)],
        ['KUBE-EXTERNAL-SERVICES', all.flatMap((one) => one.externalRejects)],
        ['KUBE-NODEPORTS', []],
        ['KUBE-PROXY-FIREWALL', all.flatMap(({ firewall }) => firewall)],
        [
          'KUBE-FORWARD',
          [
            '-m conntrack --ctstate INVALID -j DROP',
            `-m comment --comment "kubernetes forwarding rules" -m mark --mark ${mark}/${mark} -j ACCEPT`,
            '-m comment --comment "kubernetes forwarding conntrack rule" -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT',
          ],
        ],
      ]),
    },
  };
}

function nodePortJumps({ family, nodePortAddresses, localhostNodePorts }: ProxyNode): string[] {
  const comment = '-m comment --comment "kubernetes service nodeports; NOTE: this must be the last rule in this chain"';
  const loopback = family === 'IPv6' ? '::1/128' : '127.0.0.0/8';
  const withoutLoopback = family === 'IPv6' || !localhostNodePorts;
  if (nodePortAddresses === undefined) {
    const local = `-m addrtype --dst-type LOCAL${withoutLoopback ? ` ! -d ${loopback}` : ''}`;
    return [`${comment} ${local} -j KUBE-NODEPORTS`];
  }
  return nodePortAddresses
    .filter((address) => !withoutLoopback || !(address === '::1' || address.startsWith('127.')))
    .map((address) => `${comment} -d ${oneAddress(address)} -j KUBE-NODEPORTS`);
}

function portRules(port: ServicePort, node: ProxyNode): PortRules {
  const draft: PortRules = {
    ...{ services: [], nodePorts: [], rejects: [], externalRejects: [], firewall: [] },
    chains: new Map(),
  };
  const near = nearBackends(port.backends, { name: node.name, zone: node.zone });
  const clusterBackends = usableBackends(near);
  const localBackends = usableBackends(port.backends.filter((backend) => backend.nodeName === node.name));
  const match = (address: string): string =>
    `-d ${oneAddress(address)} -p ${port.protocol} -m ${port.protocol} --dport ${port.port}`;
  const comment = (what: string): string => `-m comment --comment "${port.id} ${what}"`;
  const internal = port.internalPolicyLocal ? localBackends : clusterBackends;
  const external = port.externalPolicyLocal ? localBackends : clusterBackends;
  const addresses = [
    ...port.externalIPs.map((ip) => [ip, 'external IP', chainNames.external(port)] as const),
    ...port.loadBalancerIPs.map((ip) => [ip, 'loadbalancer IP', balancerChain(port)] as const),
  ];

  if (internal.length > 0) {
    const chain = port.internalPolicyLocal ? chainNames.local(port) : chainNames.cluster(port);
    draft.services.push(`${comment('cluster IP')} ${match(port.clusterIP)} -j ${chain}`);
  } else if (!port.internalPolicyLocal || clusterBackends.length === 0) {
    draft.rejects.push(`${comment('has no endpoints')} ${match(port.clusterIP)} -j REJECT`);
  } else {
    draft.rejects.push(`${comment('has no local endpoints')} ${match(port.clusterIP)} -j DROP`);
  }

  const isExternal = addresses.length > 0 || port.nodePort > 0;
  if (isExternal && clusterBackends.length > 0) {
    for (const [ip, what, chain] of addresses) draft.services.push(`${comment(what)} ${match(ip)} -j ${chain}`);
    if (hasFirewall(port)) {
      const chain = chainNames.firewall(port);
      for (const ip of port.loadBalancerIPs)
        draft.firewall.push(`${comment(`traffic not accepted by ${chain}`)} ${match(ip)} -j DROP`);
      draft.chains.set(chain, firewallChain(port, node));
    }
    if (port.nodePort > 0) {
      draft.nodePorts.push(
        `${`-m comment --comment "${port.id}"`} -p ${port.protocol} -m ${port.protocol} --dport ${port.nodePort} -j ${chainNames.external(port)}`,
      );
    }
    draft.chains.set(
      chainNames.external(port),
      externalChain(port, { hasLocal: external.length > 0, pods: node.pods }),
    );
  } else if (isExternal) {
    for (const [ip] of addresses) draft.externalRejects.push(`${comment('has no endpoints')} ${match(ip)} -j REJECT`);
    if (port.nodePort > 0) {
      draft.externalRejects.push(
        `${comment('has no endpoints')} -m addrtype --dst-type LOCAL -p ${port.protocol} -m ${port.protocol} --dport ${port.nodePort} -j REJECT`,
      );
    }
  }

  const clusterUsed = !port.internalPolicyLocal || (isExternal && !port.externalPolicyLocal) || isExternal;
  if (clusterUsed && clusterBackends.length > 0) {
    draft.chains.set(chainNames.cluster(port), serviceChain(port, clusterBackends, node));
    for (const backend of clusterBackends)
      draft.chains.set(chainNames.backend(port, backend), backendChain(port, backend));
  }
  const localUsed = port.internalPolicyLocal || (isExternal && port.externalPolicyLocal);
  if (localUsed && localBackends.length > 0) {
    draft.chains.set(chainNames.local(port), balance(port, localBackends));
    for (const backend of localBackends)
      draft.chains.set(chainNames.backend(port, backend), backendChain(port, backend));
  }
  return draft;
}

/** Whether only some source ranges may use the load balancer's addresses. */
const hasFirewall = ({ loadBalancerIPs, loadBalancerSourceRanges }: ServicePort): boolean =>
  loadBalancerIPs.length > 0 && loadBalancerSourceRanges.length > 0;

const balancerChain = (port: ServicePort): string =>
  hasFirewall(port) ? chainNames.firewall(port) : chainNames.external(port);

/** Lets the allowed source ranges through. Other packets keep their destination, and the filter table drops them. */
function firewallChain(port: ServicePort, node: ProxyNode): string[] {
  const comment = (text: string): string => `-m comment --comment "${text}"`;
  const sources = [...port.loadBalancerSourceRanges, ...ownBalancerSources(port, node).map(oneAddress)];
  return [
    ...sources.map((range) => `${comment(`${port.id} loadbalancer IP`)} -s ${range} -j ${chainNames.external(port)}`),
    comment(`other traffic to ${port.id} will be dropped by KUBE-PROXY-FIREWALL`),
  ];
}

function externalChain(
  port: ServicePort,
  { hasLocal, pods }: { hasLocal: boolean; pods: PodDetector | undefined },
): string[] {
  if (!port.externalPolicyLocal) {
    return [
      `-m comment --comment "masquerade traffic for ${port.id} external destinations" -j KUBE-MARK-MASQ`,
      `-j ${chainNames.cluster(port)}`,
    ];
  }
  return [
    // Pods that use the address reach every backend, as they would through a load balancer.
    ...(pods
      ? [
          `-m comment --comment "pod traffic for ${port.id} external destinations" ${podMatch(pods)} -j ${chainNames.cluster(port)}`,
        ]
      : []),
    // Traffic from this node reaches every backend, as with the cluster IP.
    `-m comment --comment "masquerade LOCAL traffic for ${port.id} external destinations" -m addrtype --src-type LOCAL -j KUBE-MARK-MASQ`,
    `-m comment --comment "route LOCAL traffic for ${port.id} external destinations" -m addrtype --src-type LOCAL -j ${chainNames.cluster(port)}`,
    ...(hasLocal ? [`-j ${chainNames.local(port)}`] : []),
  ];
}

function serviceChain(port: ServicePort, backends: readonly Backend[], node: ProxyNode): string[] {
  const clusterIP = `-d ${oneAddress(port.clusterIP)} -p ${port.protocol} -m ${port.protocol} --dport ${port.port}`;
  const masquerade = node.masqueradeAll
    ? [`-m comment --comment "${port.id} cluster IP" ${clusterIP} -j KUBE-MARK-MASQ`]
    : node.pods
      ? [`-m comment --comment "${port.id} cluster IP" ! ${podMatch(node.pods)} ${clusterIP} -j KUBE-MARK-MASQ`]
      : [];
  return [...masquerade, ...balance(port, backends)];
}

/** Session affinity first, then a uniform random choice: backend k of n, counted from 0, matches with probability 1/(n-k). */
function balance(port: ServicePort, backends: readonly Backend[]): string[] {
  const sticky =
    port.affinitySeconds === undefined
      ? []
      : backends.map((backend) => {
          const chain = chainNames.backend(port, backend);
          return `-m comment --comment "${label(port, backend)}" -m recent --name ${chain} --rcheck --seconds ${port.affinitySeconds} --reap --rsource -j ${chain}`;
        });
  const draws = backends.map((backend, i) => {
    const remaining = backends.length - i;
    const chance = remaining > 1 ? ` -m statistic --mode random --probability ${(1 / remaining).toFixed(10)}` : '';
    return `-m comment --comment "${label(port, backend)}"${chance} -j ${chainNames.backend(port, backend)}`;
  });
  return [...sticky, ...draws];
}

function backendChain(port: ServicePort, backend: Backend): string[] {
  const comment = `-m comment --comment "${port.id}"`;
  const remember =
    port.affinitySeconds === undefined ? '' : ` -m recent --name ${chainNames.backend(port, backend)} --set --rsource`;
  return [
    // Hairpin: a pod that reaches itself through its service must not see its own address as the source.
    `${comment} -s ${oneAddress(backend.ip)} -j KUBE-MARK-MASQ`,
    `${comment}${remember} -p ${port.protocol} -m ${port.protocol} -j DNAT --to-destination ${backendAddress(backend)}`,
  ];
}

/** Matches traffic from pods. */
const podMatch = (pods: PodDetector): string =>
  'source' in pods ? `-s ${pods.source}` : `-i ${pods.interface}${pods.prefix ? '+' : ''}`;

const label = (port: ServicePort, backend: Backend): string => `${port.id} -> ${backendAddress(backend)}`;

/** The range of a single address. */
const oneAddress = (ip: string): string => `${ip}/${ip.includes(':') ? 128 : 32}`;
