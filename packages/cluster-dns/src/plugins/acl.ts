import { type IpRange, parseIpAddress, parseIpRange } from '@typernetes/base';
import { encode } from 'dns-packet';
import { argumentsOf } from '../corefile/arguments.ts';
import type { Line } from '../corefile/server-blocks.ts';
import { problemAt } from '../corefile/word.ts';
import { isInZone, zonesOfHost } from '../corefile/zone-name.ts';
import { codes } from '../wire/message.ts';
import { clientAddress, empty, type Plugin, type Query, type Reply } from './query.ts';

const actions = ['allow', 'block', 'filter', 'drop'] as const;
type Action = (typeof actions)[number];

interface Policy {
  readonly action: Action;
  /** Undefined: every type. */
  readonly types: ReadonlySet<string> | undefined;
  /** Undefined: everybody. */
  readonly sources: readonly IpRange[] | undefined;
}

interface Rule {
  readonly zones: readonly string[];
  readonly policies: readonly Policy[];
}

export type AclSettings = readonly Rule[];

const knownTypes = new Set(
  `A AAAA AFSDB ANY APL AXFR CAA CDNSKEY CDS CERT CNAME CSYNC DHCID DNAME DNSKEY DS EUI48 EUI64 HINFO HIP HTTPS IPSECKEY IXFR KEY KX LOC MX
  NAPTR NS NSEC NSEC3 NSEC3PARAM NULL OPENPGPKEY PTR RP RRSIG SIG SMIMEA SOA SPF SRV SSHFP SVCB TKEY TLSA TSIG TXT URI ZONEMD`.split(
    /\s+/,
  ),
);
/** Types that the message parser does not know by name. */
const numbered: Readonly<Record<string, string>> = { UNKNOWN_64: 'SVCB', UNKNOWN_65: 'HTTPS' };

/** `acl [ZONES...] { ACTION [type QTYPE...] [net SOURCE...] … }`; may occur several times. */
export function parseAcl(lines: readonly Line[], served: readonly string[]): AclSettings {
  return lines.map((line) => {
    const given = argumentsOf(line);
    return { zones: given.length > 0 ? given.flatMap(zonesOfHost) : served, policies: line.block.map(policyOf) };
  });
}

function policyOf(line: Line): Policy {
  const [word] = line.words;
  const wrong = (token: string, expected: string) =>
    problemAt(word, `unexpected token ${JSON.stringify(token)}; expect ${expected}`);
  const action = actions.find((one) => one === word.text.toLowerCase());
  if (!action) throw wrong(word.text, "'allow', 'block', 'filter' or 'drop'");
  let types: Set<string> | undefined;
  let sources: IpRange[] | undefined;
  for (let left = argumentsOf(line); left.length > 0; ) {
    const [section = '', ...more] = left;
    if (!isSection(section)) throw wrong(section, "'type | net'");
    const end = more.findIndex(isSection);
    const tokens = end < 0 ? more : more.slice(0, end);
    left = end < 0 ? [] : more.slice(end);
    if (tokens.length === 0)
      throw problemAt(word, `no token specified in ${JSON.stringify(section.toLowerCase())} section`);
    // As in CoreDNS, words after a star are ignored.
    const star = tokens.indexOf('*');
    const named = star < 0 ? tokens : tokens.slice(0, star);
    if (section.toLowerCase() === 'type') {
      const strange = named.find((token) => !knownTypes.has(token));
      if (strange !== undefined) throw wrong(strange, 'legal QTYPE');
      types = star < 0 ? new Set([...(types ?? []), ...named]) : undefined;
    } else {
      const ranges = named.map((token) => {
        const cidr = token.includes('/') ? token : `${token}/${token.includes(':') ? 128 : 32}`;
        const range = parseIpRange(cidr);
        if (!range) throw problemAt(word, `illegal CIDR notation ${JSON.stringify(cidr)}`);
        return range;
      });
      sources = star < 0 ? [...(sources ?? []), ...ranges] : undefined;
    }
  }
  return { action, types, sources };
}

const isSection = (token: string): boolean => ['type', 'net'].includes(token.toLowerCase());

/** Refuses queries, answers them with nothing or not at all, by who asks and what for. The first policy of a rule that fits decides. */
export function aclPlugin(rules: AclSettings): Plugin {
  return (next) => async (query) => {
    for (const { zones, policies } of rules) {
      if (!zones.some((zone) => isInZone(query.name, zone))) continue;
      const action = policies.find((policy) => fits(policy, query))?.action;
      if (action === 'allow') break;
      if (action) return refusals[action](query);
    }
    return next(query);
  };
}

function fits({ types, sources }: Policy, { type, client }: Query): boolean {
  if (types && !types.has(numbered[type] ?? type)) return false;
  if (!sources) return true;
  const address = parseIpAddress(clientAddress({ client }));
  return (
    address !== undefined &&
    sources.some(({ bits, first, last }) => bits === address.bits && first <= address.value && address.value <= last)
  );
}

/** The option of extended DNS errors (RFC 8914): the types of dns-packet know four codes, its programs all. */
const extendedError = 15 as 12;
const blocked = 15;
const filtered = 17;

const refusals: Readonly<Record<Exclude<Action, 'allow'>, (query: Query) => Reply>> = {
  block: (query) => ({ message: withReason(query, codes.REFUSED, blocked), by: 'acl' }),
  filter: (query) => ({ message: withReason(query, codes.NOERROR, filtered), by: 'acl' }),
  drop: (query) => ({ message: empty(query, codes.NOERROR), by: 'acl', isDropped: true }),
};

function withReason({ packet }: Query, code: number, reason: number): Buffer {
  const data = Buffer.alloc(2);
  data.writeUInt16BE(reason);
  return encode({
    type: 'response',
    id: packet.id,
    flags: ((packet.flags ?? 0) & 0x0100) | code,
    questions: packet.questions,
    additionals: [
      {
        type: 'OPT',
        name: '.',
        udpPayloadSize: 4096,
        extendedRcode: 0,
        ednsVersion: 0,
        flags: 0x8000,
        flag_do: true,
        options: [{ code: extendedError, data }],
      },
    ],
  });
}
