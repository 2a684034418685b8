import { counted, once } from '../corefile/arguments.ts';
import type { Line } from '../corefile/server-blocks.ts';
import { codeOf, codes, recordsOf, recordTypes } from '../wire/message.ts';
import type { Plugin } from './query.ts';

/** `minimal` */
export function parseMinimal(lines: readonly Line[]): true {
  counted(once(lines), 0);
  return true;
}

/** Leaves only the answers of a successful response; denials, referrals and errors stay as they are. */
export const minimalPlugin: Plugin = (next) => async (query) => {
  const reply = await next(query);
  const message = minimal(reply.message);
  return message === reply.message ? reply : { ...reply, message };
};

function minimal(message: Buffer): Buffer {
  if (message.length < 12 || codeOf(message) !== codes.NOERROR || message.readUInt16BE(6) === 0) return message;
  if (message.readUInt16BE(8) === 0 && message.readUInt16BE(10) === 0) return message;
  const records = recordsOf(message);
  const last = records?.findLast(({ section }) => section === 'answer');
  if (!records || !last) return message;
  // What both sides know of each other's extensions is no record of the zone.
  const opt = records.find(({ section, type }) => section === 'additional' && type === recordTypes.OPT);
  const copy = Buffer.concat([
    message.subarray(0, last.dataAt + last.dataLength),
    ...(opt ? [message.subarray(opt.nameAt, opt.dataAt + opt.dataLength)] : []),
  ]);
  copy.writeUInt16BE(0, 8);
  copy.writeUInt16BE(opt ? 1 : 0, 10);
  return copy;
}
