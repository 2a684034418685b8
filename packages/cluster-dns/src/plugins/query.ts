import {
  type Answer,
  AUTHORITATIVE_ANSWER,
  decode,
  encode,
  type Packet,
  type Question,
  RECURSION_AVAILABLE,
  TRUNCATED_RESPONSE,
} from 'dns-packet';
import { type CodeName, codeOf, codes, headBytes } from '../wire/message.ts';
import type { DnsRecord } from '../zone/record.ts';

/** A query on its way through the plugins. */
export interface Query {
  /** The original message. */
  readonly message: Buffer;
  readonly packet: Packet;
  readonly question: Question;
  /** In lower case, without the final dot; `.` is the root. */
  readonly name: string;
  /** `A`, `SRV`, …; `UNKNOWN_65` for types without a name. */
  readonly type: string;
  readonly protocol: 'udp' | 'tcp';
  readonly client: { readonly address: string; readonly port: number };
  readonly signal: AbortSignal;
  /** The number of names that led to this one, if the server asks itself. */
  readonly depth?: number;
}

export interface Reply {
  readonly message: Buffer;
  /** The answering plugin, by CoreDNS's name; empty if the query was malformed. */
  readonly by: string;
  /** Why it failed: for the plugin `errors`. */
  readonly error?: string;
  /** The client is to hear nothing. */
  readonly isDropped?: boolean;
}

/** Answers a query, or hands it on to the next. Never rejects. */
export type Handler = (query: Query) => Promise<Reply>;
/** Wraps the handler of the next plugin. */
export type Plugin = (next: Handler) => Handler;

/** Undefined for what cannot be read as a query with a question. */
export function readQuery(
  message: Buffer,
  from: Pick<Query, 'protocol' | 'client' | 'signal'>,
): Query | 'response' | undefined {
  let packet: Packet;
  try {
    packet = decode(message);
  } catch {
    // Only its id can be used: nothing else could be read.
    return undefined;
  }
  if (packet.type !== 'query') return 'response';
  const question = packet.questions?.[0];
  if (!question) return undefined;
  return { ...from, message, packet, question, name: question.name.toLowerCase(), type: question.type };
}

/** The client's address; that of an IPv4 client as such, whatever the socket. */
export function clientAddress({ client }: Pick<Query, 'client'>): string {
  return client.address.replace(/^::ffff:(?=\d+\.)/i, '');
}

/** The query with another question, otherwise unchanged. */
export function asking(query: Query, name: string, type: string = query.type): Query {
  const question = { ...query.question, name, type: type as Question['type'] };
  const packet = { ...query.packet, questions: [question] };
  return { ...query, packet, question, message: encode(packet), name: name.toLowerCase(), type };
}

interface Sections {
  readonly answers?: readonly DnsRecord[];
  readonly authority?: readonly DnsRecord[];
  readonly additional?: readonly DnsRecord[];
}

/** An authoritative response. */
export function authoritative(query: Query, by: string, { code, ...sections }: Sections & { code: CodeName }): Reply {
  const { answers = [], authority = [], additional = [] } = sections;
  const message = encode({
    type: 'response',
    id: query.packet.id,
    flags: ((query.packet.flags ?? 0) & 0x0100) | AUTHORITATIVE_ANSWER | RECURSION_AVAILABLE | codes[code],
    questions: [query.question],
    answers: answers.map(asAnswer),
    authorities: authority.map(asAnswer),
    additionals: additional.map(asAnswer),
  });
  return { message, by };
}

function asAnswer(record: DnsRecord) {
  return { ...record, class: 'IN' as const };
}

interface PlainSections {
  readonly answers?: readonly Answer[];
  readonly authority?: readonly Answer[];
  readonly additional?: readonly Answer[];
}

/** A response that claims nothing of its server: neither authority nor recursion. `code`: NOERROR by default. */
export function plainReply(
  query: Query,
  by: string,
  { code = 0, flags = 0, ...sections }: PlainSections & { readonly code?: number; readonly flags?: number },
): Reply {
  const { answers = [], authority = [], additional = [] } = sections;
  const message = encode({
    type: 'response',
    id: query.packet.id,
    flags: ((query.packet.flags ?? 0) & 0x0100) | flags | code,
    questions: [query.question],
    answers: [...answers],
    authorities: [...authority],
    additionals: [...additional],
  });
  return { message, by };
}

/** A response without records. */
export function empty(query: Pick<Query, 'packet'>, code: number, flags = 0): Buffer {
  return encode({
    type: 'response',
    id: query.packet.id,
    flags: ((query.packet.flags ?? 0) & 0x0100) | RECURSION_AVAILABLE | code | flags,
    questions: query.packet.questions,
  });
}

/** A failed response with its reason. */
export function failed(query: Query, by: string, error: string): Reply {
  return { message: empty(query, codes.SERVFAIL), by, error };
}

export function formatError(message: Buffer): Buffer {
  const header = Buffer.alloc(headBytes);
  header.writeUInt16BE(message.readUInt16BE(0), 0);
  header.writeUInt16BE(0x8000 | codes.FORMERR, 2);
  return header;
}

/**
 * The response within a maximum size: without additional records, or else without any, marked as truncated. Forwarded
 * responses are not taken apart.
 */
export function fitted(query: Query, { message, by }: Reply, maxBytes: number): Buffer {
  if (message.length <= maxBytes) return message;
  if (by === 'kubernetes') {
    const shorter = encode({ ...decode(message), additionals: [] });
    if (shorter.length <= maxBytes) return shorter;
  }
  const authority = (message[2] ?? 0) & 0x04 ? AUTHORITATIVE_ANSWER : 0;
  return empty(query, codeOf(message), TRUNCATED_RESPONSE | authority);
}

/** The maximum size of a UDP response: from the EDNS option, 512 bytes without one. */
export function udpLimit({ packet }: Pick<Query, 'packet'>): number {
  return Math.max(512, ednsOf(packet)?.udpPayloadSize ?? 512);
}

interface Edns {
  readonly udpPayloadSize: number;
  readonly flag_do?: boolean;
  readonly options?: readonly { readonly code: string | number }[];
}

export function ednsOf(packet: Packet): Edns | undefined {
  const opt = packet.additionals?.find((record) => record.type === 'OPT');
  return opt && 'udpPayloadSize' in opt ? opt : undefined;
}
