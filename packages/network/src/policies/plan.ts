import type { Namespace, Pod } from '@typernetes/api/core/v1';
import type {
  NetworkPolicy,
  NetworkPolicyEgressRule,
  NetworkPolicyIngressRule,
  NetworkPolicyPeer,
  NetworkPolicyPort,
} from '@typernetes/api/networking/v1';
import { type Selector, selectorFromObject } from '@typernetes/machinery';

/** The effect of NetworkPolicies on the pods of one node. */
export interface PolicyPlan {
  /** Which peers may open connections to pods of this node. */
  readonly ingress: readonly Isolation[];
  /** To which peers pods of this node may open connections. */
  readonly egress: readonly Isolation[];
  /**
   * Directions in which unknown pod addresses of this node must wait: a pod starts before the API shows its address.
   */
  readonly waits: { readonly ingress: boolean; readonly egress: boolean };
  /** The pod ranges of this node, and the pod addresses in them that are known. */
  readonly ranges: readonly string[];
  readonly known: readonly string[];
}

/** Pods selected by the same policies. Traffic that no rule allows is dropped. */
export interface Isolation {
  /** All addresses of these pods. */
  readonly pods: readonly string[];
  readonly rules: readonly AllowRule[];
}

export interface AllowRule {
  /** `<namespace>/<name>` of the policy. */
  readonly policy: string;
  /** The other end of the connection; undefined: anybody. */
  readonly peers: Peers | undefined;
  /** Destination ports; undefined: all protocols and ports. */
  readonly ports: readonly PortMatch[] | undefined;
}

interface Peers {
  readonly addresses: readonly string[];
  readonly blocks: readonly Block[];
}

interface Block {
  readonly cidr: string;
  readonly except: readonly string[];
}

export interface PortMatch {
  readonly protocol: 'TCP' | 'UDP' | 'SCTP';
  /** `any`: every port of the protocol; a name: the port that each destination pod gives this name. */
  readonly port: 'any' | { readonly from: number; readonly to: number } | { readonly of: readonly NamedEndpoint[] };
}

interface NamedEndpoint {
  readonly address: string;
  readonly port: number;
}

interface PolicyState {
  /** The node whose pods are isolated, and its pod ranges. */
  readonly node: string;
  readonly ranges: readonly string[];
  readonly policies: readonly NetworkPolicy[];
  readonly pods: readonly Pod[];
  readonly namespaces: readonly Namespace[];
}

type Direction = 'Ingress' | 'Egress';
type Rule = Pick<NetworkPolicyIngressRule, 'ports' | 'from'> & Pick<NetworkPolicyEgressRule, 'to'>;

/** Pods in the host network count as the node: no policy selects them, neither for isolation nor as peers. Pure. */
export function planPolicies({ node, ranges, policies, pods, namespaces }: PolicyState): PolicyPlan {
  const live = pods.filter((pod) => !pod.spec?.hostNetwork && !hasEnded(pod));
  const reachable = live.filter((pod) => addressesOf(pod).length > 0);
  const own = reachable.filter((pod) => pod.spec?.nodeName === node);
  const coming = live.filter((pod) => pod.spec?.nodeName === node && addressesOf(pod).length === 0);
  const world: World = { pods: reachable, namespaces };
  const ordered = [...policies].sort((a, b) => (policyName(a) < policyName(b) ? -1 : 1));
  return {
    ingress: isolations('Ingress', own, { policies: ordered, world }),
    egress: isolations('Egress', own, { policies: ordered, world }),
    waits: {
      ingress: isolations('Ingress', coming, { policies: ordered, world }).length > 0,
      egress: isolations('Egress', coming, { policies: ordered, world }).length > 0,
    },
    ranges,
    known: own.flatMap(addressesOf).sort(),
  };
}

interface World {
  readonly pods: readonly Pod[];
  readonly namespaces: readonly Namespace[];
}

function isolations(
  direction: Direction,
  own: readonly Pod[],
  { policies, world }: { readonly policies: readonly NetworkPolicy[]; readonly world: World },
): Isolation[] {
  const selecting = policies
    .filter((policy) => directionsOf(policy).includes(direction))
    .map((policy) => ({ policy, selector: selectorFromObject(policy.spec.podSelector ?? {}) }));
  const groups = new Map<string, { policies: NetworkPolicy[]; pods: Pod[] }>();
  for (const pod of own) {
    const chosen = selecting
      .filter(({ policy, selector }) => policy.metadata.namespace === namespaceOf(pod) && selects(selector, pod))
      .map(({ policy }) => policy);
    if (chosen.length === 0) continue;
    const key = chosen.map(policyName).join(' ');
    const group = groups.get(key);
    if (group) group.pods.push(pod);
    else groups.set(key, { policies: chosen, pods: [pod] });
  }
  return [...groups.entries()]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([, group]) => ({
      pods: group.pods.flatMap(addressesOf).sort(),
      rules: group.policies.flatMap((policy) =>
        rulesOf(policy, direction).map((rule) =>
          allowRule(policy, rule, { destinations: direction === 'Ingress' ? group.pods : world.pods, world }),
        ),
      ),
    }));
}

/** Default policy types: Ingress always, Egress if there are egress rules. The API server normally fills them in. */
function directionsOf({ spec }: NetworkPolicy): readonly string[] {
  return spec.policyTypes ?? (spec.egress ? ['Ingress', 'Egress'] : ['Ingress']);
}

function rulesOf({ spec }: NetworkPolicy, direction: Direction): readonly Rule[] {
  return (direction === 'Ingress' ? spec.ingress : spec.egress) ?? [];
}

function allowRule(
  policy: NetworkPolicy,
  { from, to, ports }: Rule,
  { destinations, world }: { readonly destinations: readonly Pod[]; readonly world: World },
): AllowRule {
  const peers = from ?? to ?? [];
  return {
    policy: policyName(policy),
    peers: peers.length === 0 ? undefined : peersOf(peers, policy, world),
    ports: ports?.length ? ports.map((port) => portMatch(port, destinations)) : undefined,
  };
}

function peersOf(peers: readonly NetworkPolicyPeer[], policy: NetworkPolicy, world: World): Peers {
  const addresses = new Set<string>();
  const blocks: Block[] = [];
  for (const { ipBlock, podSelector, namespaceSelector } of peers) {
    if (ipBlock) {
      blocks.push({ cidr: ipBlock.cidr, except: ipBlock.except ?? [] });
      continue;
    }
    const namespaces = namespaceSelector
      ? selectedNamespaces(selectorFromObject(namespaceSelector), world.namespaces)
      : new Set([policy.metadata.namespace]);
    const selector = selectorFromObject(podSelector ?? {});
    for (const pod of world.pods)
      if (namespaces.has(namespaceOf(pod)) && selects(selector, pod))
        for (const address of addressesOf(pod)) addresses.add(address);
  }
  return { addresses: [...addresses].sort(), blocks };
}

function selectedNamespaces(selector: Selector, namespaces: readonly Namespace[]): ReadonlySet<string | undefined> {
  return new Set(
    namespaces.filter(({ metadata }) => selector.matches(metadata.labels)).map(({ metadata }) => metadata.name),
  );
}

function portMatch({ protocol = 'TCP', port, endPort }: NetworkPolicyPort, destinations: readonly Pod[]): PortMatch {
  if (port === undefined) return { protocol, port: 'any' };
  if (typeof port === 'number') return { protocol, port: { from: port, to: endPort ?? port } };
  const of = destinations.flatMap((pod) => {
    const numbers = [...(pod.spec?.containers ?? []), ...sidecarsOf(pod)]
      .flatMap(({ ports = [] }) => ports)
      .filter(({ name, protocol: own = 'TCP' }) => name === port && own === protocol)
      .map(({ containerPort }) => containerPort);
    return addressesOf(pod).flatMap((address) => numbers.map((number) => ({ address, port: number })));
  });
  return { protocol, port: { of } };
}

const sidecarsOf = ({ spec }: Pod) =>
  (spec?.initContainers ?? []).filter(({ restartPolicy }) => restartPolicy === 'Always');

const selects = (selector: Selector, { metadata }: Pod): boolean => selector.matches(metadata.labels);

const namespaceOf = ({ metadata }: Pod): string => metadata.namespace ?? 'default';

const policyName = ({ metadata }: NetworkPolicy): string => `${metadata.namespace}/${metadata.name}`;

const hasEnded = ({ status }: Pod): boolean => status?.phase === 'Succeeded' || status?.phase === 'Failed';

function addressesOf({ status }: Pod): readonly string[] {
  const { podIPs, podIP } = status ?? {};
  return podIPs?.length ? podIPs.map(({ ip }) => ip).filter((ip) => ip !== '') : podIP ? [podIP] : [];
}
