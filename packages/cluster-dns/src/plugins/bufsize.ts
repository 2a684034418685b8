import { argumentsOf } from '../corefile/arguments.ts';
import type { Line } from '../corefile/server-blocks.ts';
import { wrongCount } from '../corefile/word.ts';
import { recordsOf, recordTypes } from '../wire/message.ts';
import { ednsOf, fitted, type Plugin, type Query } from './query.ts';

/** `bufsize [SIZE]`: 1232 bytes by default (dnsflagday.net of 2020). */
export function parseBufsize([line]: readonly Line[]): number {
  if (!line) return 1232;
  const [text = '1232', ...more] = argumentsOf(line);
  const size = Number(text);
  if (more.length > 0 || !Number.isInteger(size) || size < 512 || size > 4096)
    throw wrongCount(line.words.at(-1) ?? line.words[0]);
  return size;
}

/** Allows no larger messages over UDP than that, whatever clients say: neither to them nor from other name servers. */
export function bufsizePlugin(size: number): Plugin {
  return (next) => async (query) => {
    const edns = ednsOf(query.packet);
    if (!edns || edns.udpPayloadSize <= size) return next(query);
    const limited = withPayloadSize(query, size);
    const reply = await next(limited);
    return query.protocol === 'udp' ? { ...reply, message: fitted(limited, reply, size) } : reply;
  };
}

function withPayloadSize(query: Query, size: number): Query {
  const message = Buffer.from(query.message);
  const opt = recordsOf(message)?.find(({ type }) => type === recordTypes.OPT);
  // The class of an OPT record, before what others have as their time to live, is the size.
  if (opt) message.writeUInt16BE(size, opt.ttlAt - 2);
  const additionals = query.packet.additionals?.map((record) =>
    record.type === 'OPT' && 'udpPayloadSize' in record ? { ...record, udpPayloadSize: size } : record,
  );
  return { ...query, message, packet: { ...query.packet, ...(additionals ? { additionals } : {}) } };
}
