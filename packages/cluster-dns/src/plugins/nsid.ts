import { argumentsOf, once } from '../corefile/arguments.ts';
import type { Line } from '../corefile/server-blocks.ts';
import { recordsOf, recordTypes } from '../wire/message.ts';
import { ednsOf, type Plugin } from './query.ts';

export interface NsidSettings {
  /** Undefined: the machine's name. */
  readonly text: string | undefined;
}

/** `nsid [DATA]` */
export function parseNsid(lines: readonly Line[]): NsidSettings {
  const given = argumentsOf(once(lines));
  return { text: given.length > 0 ? given.join(' ') : undefined };
}

/** The option of RFC 5001. */
const nsidOption = 3;

/** Tells clients that ask for it which of several equal servers has answered. */
export function nsidPlugin({ text }: NsidSettings, hostName: string): Plugin {
  const data = Buffer.from(text ?? hostName);
  return (next) => async (query) => {
    const edns = ednsOf(query.packet);
    const reply = await next(query);
    if (!edns?.options?.some(({ code }) => code === nsidOption)) return reply;
    return { ...reply, message: withNsid(reply.message, data, edns.udpPayloadSize) };
  };
}

/** The OPT record goes to the end: no name points into it, and what followed it is signed by nobody here. */
function withNsid(message: Buffer, data: Buffer, udpPayloadSize: number): Buffer {
  const opt = recordsOf(message)?.find(({ type }) => type === recordTypes.OPT);
  const head = opt ? message.subarray(opt.nameAt, opt.dataAt) : newOpt(udpPayloadSize);
  const kept = opt ? optionsWithout(message.subarray(opt.dataAt, opt.dataAt + opt.dataLength)) : Buffer.alloc(0);
  const option = Buffer.alloc(4);
  option.writeUInt16BE(nsidOption, 0);
  option.writeUInt16BE(data.length, 2);
  const record = Buffer.concat([head, kept, option, data]);
  record.writeUInt16BE(kept.length + option.length + data.length, head.length - 2);
  const rest = opt ? [message.subarray(0, opt.nameAt), message.subarray(opt.dataAt + opt.dataLength)] : [message];
  const whole = Buffer.concat([...rest, record]);
  if (!opt) whole.writeUInt16BE(whole.readUInt16BE(10) + 1, 10);
  return whole;
}

/** The root's name, the type, the size, the flags (DNSSEC is understood), and room for the length. */
function newOpt(udpPayloadSize: number): Buffer {
  const head = Buffer.alloc(11);
  head.writeUInt16BE(recordTypes.OPT, 1);
  head.writeUInt16BE(udpPayloadSize, 3);
  head.writeUInt32BE(0x8000, 5);
  return head;
}

/** The options but for an NSID: servers that were asked on may have given theirs. */
function optionsWithout(options: Buffer): Buffer {
  const kept: Buffer[] = [];
  for (let at = 0; at + 4 <= options.length; ) {
    const end = at + 4 + options.readUInt16BE(at + 2);
    if (options.readUInt16BE(at) !== nsidOption) kept.push(options.subarray(at, end));
    at = end;
  }
  return Buffer.concat(kept);
}
