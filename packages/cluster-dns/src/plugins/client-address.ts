import { AUTHORITATIVE_ANSWER } from 'dns-packet';
import { counted, once } from '../corefile/arguments.ts';
import type { Line } from '../corefile/server-blocks.ts';
import { clientAddress, type Plugin, plainReply } from './query.ts';

/** `whoami` */
export function parseWhoami(lines: readonly Line[]): true {
  counted(once(lines), 0);
  return true;
}

/** Answers every query with the client's address, port and protocol, as additional records. */
export const whoamiPlugin: Plugin = () => async (query) => {
  const { name } = query.question;
  const address = clientAddress(query);
  const target = { priority: 0, weight: 0, port: query.client.port, target: '.' };
  return plainReply(query, 'whoami', {
    flags: AUTHORITATIVE_ANSWER,
    additional: [
      { type: address.includes(':') ? 'AAAA' : 'A', name, ttl: 0, data: address },
      { type: 'SRV', name: name === '.' ? `_${query.protocol}` : `_${query.protocol}.${name}`, ttl: 0, data: target },
    ],
  });
};
