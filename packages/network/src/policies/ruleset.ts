import type { AllowRule, Isolation, PolicyPlan, PortMatch } from './plan.ts';

/** The table for all rules made from NetworkPolicies, and nothing else. */
export const policyTable = 'typernetes-policies';

/** Input for `nft -f -` that removes the table, whether it exists or not. */
export const noPolicies = `add table inet ${policyTable}\ndelete table inet ${policyTable}\n`;

/** The address family that a match is limited to; `undefined`: both. */
type Family = 4 | 6;
interface Match {
  readonly family: Family | undefined;
  readonly text: string;
}

interface Side {
  readonly name: 'ingress' | 'egress';
  /** Which address of a packet is the isolated pod's, and which its peer's. */
  readonly own: 'daddr' | 'saddr';
  readonly peer: 'saddr' | 'daddr';
}

const sides = {
  ingress: { name: 'ingress', own: 'daddr', peer: 'saddr' },
  egress: { name: 'egress', own: 'saddr', peer: 'daddr' },
} as const satisfies Record<string, Side>;

const keywordOf: Readonly<Record<Family, string>> = { 4: 'ip', 6: 'ip6' };
const familyOf = (address: string): Family => (address.includes(':') ? 6 : 4);

/**
 * Input for `nft -f -` that replaces the whole table atomically. Only forwarded traffic is filtered: traffic between
 * the node itself and its pods is always allowed, as the API demands. Replies belong to allowed connections.
 */
export function policyRuleset(plan: PolicyPlan): string {
  const { ingress, egress } = plan;
  const sets = new Sets();
  const chains = [...chainsOf(sides.egress, egress, sets), ...chainsOf(sides.ingress, ingress, sets)];
  const isolated = [...new Set([...ingress, ...egress].flatMap(({ pods }) => pods))].sort();
  const own = families.flatMap((family) => selfSet(family, isolated));
  const maps = [...verdictMaps(sides.egress, egress), ...verdictMaps(sides.ingress, ingress)];
  const lookups = maps.map(({ family, side, name }) => `${keywordOf[family]} ${side.own} vmap @${name}`);
  const reachesItself = own.map(
    ({ family, name }) => `${keywordOf[family]} saddr . ${keywordOf[family]} daddr @${name} accept`,
  );
  const forward = block('chain forward', [
    'type filter hook forward priority filter; policy accept;',
    'ct state established,related accept',
    neighbours,
    ...waitingLines(plan, sets),
    ...reachesItself,
    ...lookups,
  ]);
  // Assembled last, because all chains register the sets they use.
  const body = [...sets.blocks, ...own.map(({ text }) => text), ...chains, ...maps.map(({ text }) => text), forward];
  return `${noPolicies}table inet ${policyTable} {\n${body.join('\n')}\n}\n`;
}

const families: readonly Family[] = [4, 6];

/** Neighbour discovery between pods on a bridge is forwarded ICMPv6; without it no IPv6 traffic flows between them. */
const neighbours =
  'icmpv6 type { nd-router-solicit, nd-router-advert, nd-neighbor-solicit, nd-neighbor-advert } accept';

/** Packets that come too early are dropped and retransmitted: the connection is a second late instead of refused. */
function waitingLines({ waits, ranges, known }: PolicyPlan, sets: Sets): string[] {
  return [sides.egress, sides.ingress].flatMap(({ name, own }) => {
    if (!waits[name]) return [];
    return ranges.map((range) => {
      const family = familyOf(range);
      const address = `${keywordOf[family]} ${own}`;
      const others = known.filter((one) => familyOf(one) === family);
      const unknown = others.length > 0 ? ` ${address} != @${sets.nameOf(typeOf(family), others)}` : '';
      return `${address} ${range}${unknown} drop`;
    });
  });
}

/** A pod may always reach itself, also through a Service. */
function selfSet(family: Family, pods: readonly string[]): { family: Family; name: string; text: string }[] {
  const own = pods.filter((address) => familyOf(address) === family);
  if (own.length === 0) return [];
  const name = `self-${family}`;
  const type = `type ${typeOf(family)} . ${typeOf(family)}`;
  return [{ family, name, text: block(`set ${name}`, [type, elements(own.map((one) => `${one} . ${one}`))]) }];
}

function verdictMaps(
  side: Side,
  isolations: readonly Isolation[],
): { side: Side; family: Family; name: string; text: string }[] {
  return families.flatMap((family) => {
    const entries = isolations.flatMap(({ pods }, i) =>
      pods.filter((pod) => familyOf(pod) === family).map((pod) => `${pod} : jump ${chainName(side, i)}`),
    );
    if (entries.length === 0) return [];
    const name = `${side.name}-${family}`;
    return [
      { side, family, name, text: block(`map ${name}`, [`type ${typeOf(family)} : verdict`, elements(entries)]) },
    ];
  });
}

const chainName = (side: Side, index: number): string => `${side.name}-${index}`;

/**
 * Allowed traffic returns to the calling chain, because the other direction must also allow it; the rest is dropped.
 */
function chainsOf(side: Side, isolations: readonly Isolation[], sets: Sets): string[] {
  return isolations.map(({ rules }, i) =>
    block(`chain ${chainName(side, i)}`, [...rules.flatMap((rule) => linesOf(rule, side, sets)), 'drop']),
  );
}

function linesOf(rule: AllowRule, side: Side, sets: Sets): string[] {
  const peers = peerMatches(rule, side, sets);
  const ports = rule.ports?.flatMap((port) => portMatches(port, sets)) ?? [{ family: undefined, text: '' }];
  return peers.flatMap((peer) =>
    ports
      .filter(({ family }) => family === undefined || peer.family === undefined || family === peer.family)
      .map((port) => [peer.text, port.text, 'return', comment(rule.policy)].filter(Boolean).join(' ')),
  );
}

function peerMatches({ peers }: AllowRule, { peer }: Side, sets: Sets): Match[] {
  if (!peers) return [{ family: undefined, text: '' }];
  const pods = families.flatMap((family): Match[] => {
    const addresses = peers.addresses.filter((address) => familyOf(address) === family);
    if (addresses.length === 0) return [];
    return [{ family, text: `${keywordOf[family]} ${peer} @${sets.nameOf(typeOf(family), addresses)}` }];
  });
  const blocks = peers.blocks.map(({ cidr, except }): Match => {
    const family = familyOf(cidr);
    const address = `${keywordOf[family]} ${peer}`;
    const without = except.length > 0 ? ` ${address} != { ${except.join(', ')} }` : '';
    // nft has no range for a prefix of length zero, which means every address of the family.
    const within = cidr.endsWith('/0') ? `meta nfproto ipv${family}` : `${address} ${cidr}`;
    return { family, text: `${within}${without}` };
  });
  return [...pods, ...blocks];
}

function portMatches({ protocol, port }: PortMatch, sets: Sets): Match[] {
  const name = protocol.toLowerCase();
  if (port === 'any') return [{ family: undefined, text: `meta l4proto ${name}` }];
  if ('from' in port) {
    const { from, to } = port;
    return [{ family: undefined, text: `${name} dport ${from === to ? from : `${from}-${to}`}` }];
  }
  return families.flatMap((family): Match[] => {
    const own = port.of.filter(({ address }) => familyOf(address) === family);
    if (own.length === 0) return [];
    const members = [...new Set(own.map((one) => `${one.address} . ${one.port}`))].sort();
    const set = sets.nameOf(`${typeOf(family)} . inet_service`, members);
    return [{ family, text: `${keywordOf[family]} daddr . ${name} dport @${set}` }];
  });
}

const typeOf = (family: Family): string => (family === 4 ? 'ipv4_addr' : 'ipv6_addr');

/** Sets by content, shared between policies that select the same pods. */
class Sets {
  readonly #names = new Map<string, string>();
  readonly blocks: string[] = [];

  nameOf(type: string, members: readonly string[]): string {
    const key = `${type}: ${members.join()}`;
    const known = this.#names.get(key);
    if (known !== undefined) return known;
    const name = `set-${this.#names.size}`;
    this.#names.set(key, name);
    this.blocks.push(block(`set ${name}`, [`type ${type}`, elements(members)]));
    return name;
  }
}

/** nft accepts at most 128 bytes; names are ASCII. */
const comment = (text: string): string => `comment "${text.slice(0, 127)}"`;

const elements = (members: readonly string[]): string => `elements = { ${members.join(', ')} }`;

const block = (heading: string, lines: readonly string[]): string =>
  `  ${heading} {\n${lines.map((line) => `    ${line}\n`).join('')}  }`;
