import { counted, once, unknownProperty } from '../corefile/arguments.ts';
import type { Line } from '../corefile/server-blocks.ts';
import { type Plugin, plainReply } from './query.ts';

/** `any` */
export function parseAny(lines: readonly Line[]): true {
  const line = once(lines);
  counted(line, 0);
  if (line.block[0]) throw unknownProperty(line.block[0]);
  return true;
}

/** Answers queries of the type ANY with as little as RFC 8482 allows, so that they are no use in attacks. */
export const anyPlugin: Plugin = (next) => async (query) => {
  if (query.type !== 'ANY') return next(query);
  const data = { cpu: 'ANY obsoleted', os: 'See RFC 8482' };
  return plainReply(query, 'any', { answers: [{ type: 'HINFO', name: query.question.name, ttl: 8482, data }] });
};
