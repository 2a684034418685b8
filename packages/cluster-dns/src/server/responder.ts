import { type Logger, messageOf } from '@typernetes/base';
import {
  AUTHORITATIVE_ANSWER,
  decode,
  encode,
  type Packet,
  type Question,
  RECURSION_AVAILABLE,
  TRUNCATED_RESPONSE,
} from 'dns-packet';
import type { Forwarder } from '../forward/forwarder.ts';
import type { DnsRecord, ZoneAnswer } from '../zone/record.ts';

export interface ResponderDeps {
  /** Undefined: not ours, ask the forwarder. */
  readonly lookup: (name: string, type: string) => ZoneAnswer | undefined;
  readonly forwarder: Forwarder | undefined;
  readonly log: Logger;
}

/** The response codes of RFC 1035, in the low bits of the flags. */
const codes = { NOERROR: 0, FORMERR: 1, SERVFAIL: 2, NXDOMAIN: 3, NOTIMP: 4, REFUSED: 5 } as const;

export interface Response {
  readonly message: Buffer;
  /** Who has answered, by the names of CoreDNS's plugins; nobody where the query could not be read. */
  readonly by: 'kubernetes' | 'forward' | '';
}

/** Answers one DNS message with at most `maxBytes`; undefined when it is not a query at all. */
export async function respond(
  message: Buffer,
  deps: ResponderDeps,
  options: { readonly maxBytes: number; readonly signal: AbortSignal },
): Promise<Response | undefined> {
  let query: Packet & { questions?: Question[] };
  try {
    query = decode(message);
  } catch {
    // Not to be answered beyond its identity: nothing else of it could be read.
    return message.length >= 12 ? { message: formatError(message), by: '' } : undefined;
  }
  if (query.type !== 'query') return undefined;
  const question = query.questions?.[0];
  if (!question) return { message: formatError(message), by: '' };
  const found = deps.lookup(question.name, question.type);
  if (!found) return { message: await handOn(message, query, deps, options), by: 'forward' };
  return { message: reply(query, question, found, options.maxBytes), by: 'kubernetes' };
}

async function handOn(
  message: Buffer,
  query: Packet,
  deps: ResponderDeps,
  { maxBytes, signal }: { maxBytes: number; signal: AbortSignal },
): Promise<Buffer> {
  if (!deps.forwarder) return failure(query, codes.REFUSED);
  try {
    const answer = await deps.forwarder.forward(message, signal);
    if (answer.length <= maxBytes) return answer;
    return failure(query, codes.NOERROR, TRUNCATED_RESPONSE);
  } catch (error) {
    // The client learns that nobody answered, and the cluster's owner why.
    const { name, type } = query.questions?.[0] ?? {};
    if (!signal.aborted) deps.log.warn('Cannot forward query', { name, type, error: causesOf(error) });
    return failure(query, codes.SERVFAIL);
  }
}

/** Each server's reason. */
function causesOf(error: unknown): string {
  return error instanceof AggregateError ? error.errors.map(messageOf).join('; ') : messageOf(error);
}

function reply(query: Packet, question: Question, found: ZoneAnswer, maxBytes: number): Buffer {
  const packet = (sections: Pick<ZoneAnswer, 'answers' | 'authority' | 'additional'>, flags = 0): Buffer =>
    encode({
      type: 'response',
      id: query.id,
      flags: ((query.flags ?? 0) & 0x0100) | AUTHORITATIVE_ANSWER | RECURSION_AVAILABLE | codes[found.code] | flags,
      questions: [question],
      answers: sections.answers.map(asAnswer),
      authorities: sections.authority.map(asAnswer),
      additionals: sections.additional.map(asAnswer),
    });
  const whole = packet(found);
  if (whole.length <= maxBytes) return whole;
  const withoutAdditional = packet({ ...found, additional: [] });
  if (withoutAdditional.length <= maxBytes) return withoutAdditional;
  return packet({ answers: [], authority: [], additional: [] }, TRUNCATED_RESPONSE);
}

function asAnswer(record: DnsRecord) {
  return { ...record, class: 'IN' as const };
}

function failure(query: Packet, code: number, flags = 0): Buffer {
  return encode({
    type: 'response',
    id: query.id,
    flags: ((query.flags ?? 0) & 0x0100) | RECURSION_AVAILABLE | code | flags,
    questions: query.questions,
  });
}

function formatError(message: Buffer): Buffer {
  const header = Buffer.alloc(12);
  header.writeUInt16BE(message.readUInt16BE(0), 0);
  header.writeUInt16BE(0x8000 | codes.FORMERR, 2);
  return header;
}

/** How much the client takes over UDP: what its EDNS option says, 512 bytes without one. */
export function udpLimit(message: Buffer): number {
  try {
    const opt = decode(message).additionals?.find((record) => record.type === 'OPT');
    return Math.max(512, opt && 'udpPayloadSize' in opt ? opt.udpPayloadSize : 512);
  } catch {
    // Answered with a format error, which is shorter than any limit.
    return 512;
  }
}
