import { ipAddressText, parseIpAddress, parseIpRange } from '@typernetes/base';
import { type Answer, decode } from 'dns-packet';
import { argumentsOf, single, unknownProperty } from '../corefile/arguments.ts';
import type { Line } from '../corefile/server-blocks.ts';
import { CorefileError, problemAt, type Word, wrongCount } from '../corefile/word.ts';
import { codeOf, codes } from '../wire/message.ts';
import { asking, clientAddress, type Handler, type Plugin, plainReply } from './query.ts';

export interface Dns64Settings {
  /** The leading bytes of the addresses: from 4 to 12. */
  readonly prefix: readonly number[];
  /** Also where a name has addresses of IPv6 itself. */
  readonly translateAll: boolean;
  /** Also for clients that ask over IPv4. */
  readonly allowIpv4: boolean;
}

/** The well-known prefix of RFC 6052. */
const wellKnown = '64:ff9b::/96';

/** `dns64 [PREFIX] { prefix PREFIX; translate_all; allow_ipv4 }` */
export function parseDns64(lines: readonly Line[]): Dns64Settings {
  let settings: Dns64Settings = { prefix: bytesOf(wellKnown), translateAll: false, allowIpv4: false };
  for (const line of lines) {
    const [word] = line.words;
    const [prefix, ...more] = argumentsOf(line);
    if (more.length > 0) throw wrongCount(line.words.at(-1) ?? word);
    if (prefix !== undefined) settings = { ...settings, prefix: bytesOf(prefix, word) };
    for (const option of line.block) settings = { ...settings, ...optionOf(option) };
  }
  return settings;
}

function optionOf(line: Line): Partial<Dns64Settings> {
  switch (line.words[0].text) {
    case 'prefix':
      return { prefix: bytesOf(single(line), line.words[0]) };
    case 'translate_all':
      return { translateAll: true };
    case 'allow_ipv4':
      return { allowIpv4: true };
    default:
      throw unknownProperty(line);
  }
}

function bytesOf(text: string, at?: Word): number[] {
  const range = parseIpRange(text);
  if (!range) throw new CorefileError(`invalid CIDR address: ${text}`);
  const length = Number(text.slice(text.indexOf('/') + 1));
  const wrong = (problem: string): CorefileError => (at ? problemAt(at, problem) : new CorefileError(problem));
  if (range.bits !== 128) throw wrong(`invalid netmask ${range.bits} IPv6 address: ${JSON.stringify(text)}`);
  if (length % 8 !== 0 || length < 32 || length > 96) throw wrong(`invalid prefix length ${JSON.stringify(text)}`);
  return Array.from({ length: length / 8 }, (_, i) => Number((range.first >> BigInt(120 - 8 * i)) & 0xffn));
}

/** The seconds for which an answer is good where no SOA record tells how long denials are. */
const standardTtl = 600;

interface Dns64Deps {
  /** Asks this server, from its first plugin on. */
  readonly self: Handler;
  readonly onTranslated?: () => void;
}

/**
 * Gives names that have addresses of IPv4 alone such of IPv6 that a NAT64 translates (RFC 6147). DNSSEC and reverse
 * names are left alone.
 */
export function dns64Plugin(settings: Dns64Settings, { self, onTranslated }: Dns64Deps): Plugin {
  return (next) => async (query) => {
    const isIpv4 = clientAddress(query).includes('.');
    if ((isIpv4 && !settings.allowIpv4) || query.type !== 'AAAA' || query.question.class !== 'IN') return next(query);
    const reply = await next(query);
    if (reply.isDropped || codeOf(reply.message) === codes.NXDOMAIN) return reply;
    const { answers = [], authorities = [] } = decode(reply.message);
    if (!settings.translateAll && answers.some(({ type }) => type === 'AAAA')) return reply;
    const found = decode((await self(asking(query, query.question.name, 'A'))).message);
    onTranslated?.();
    const denial = authorities.find((record) => record.type === 'SOA');
    const mostSeconds = (denial && 'ttl' in denial ? denial.ttl : undefined) ?? standardTtl;
    return plainReply(query, 'dns64', {
      answers: (found.answers ?? []).map((record) => translated(record, settings.prefix, mostSeconds)),
      authority: found.authorities ?? [],
      additional: found.additionals ?? [],
    });
  };
}

function translated(record: Answer, prefix: readonly number[], mostSeconds: number): Answer {
  if (record.type !== 'A') return record;
  const data = addressIn64(prefix, record.data);
  return data === undefined ? record : { ...record, type: 'AAAA', ttl: Math.min(record.ttl ?? 0, mostSeconds), data };
}

/** RFC 6052: the address follows the prefix, around the byte 8, which is zero. */
function addressIn64(prefix: readonly number[], address: string): string | undefined {
  const parsed = parseIpAddress(address);
  if (parsed?.bits !== 32) return undefined;
  const left = [24n, 16n, 8n, 0n].map((shift) => Number((parsed.value >> shift) & 0xffn));
  let value = 0n;
  for (let i = 0; i < 16; i++) {
    const byte = i < prefix.length ? prefix[i] : i === 8 ? 0 : left.shift();
    value = (value << 8n) | BigInt(byte ?? 0);
  }
  return ipAddressText({ bits: 128, value });
}
