import type { Random } from '@typernetes/base';
import { argumentsOf, once } from '../corefile/arguments.ts';
import type { Line } from '../corefile/server-blocks.ts';
import { CorefileError, wrongCount } from '../corefile/word.ts';
import { recordsOf, recordTypes } from '../wire/message.ts';
import type { Plugin } from './query.ts';

/** `loadbalance [round_robin]`; that of weights is not there. */
export function parseLoadbalance(lines: readonly Line[]): true {
  const line = once(lines);
  const [policy = 'round_robin', ...more] = argumentsOf(line);
  if (policy === 'weighted') throw new CorefileError("policy 'weighted' is not part of this cluster DNS");
  if (policy !== 'round_robin') throw new CorefileError(`unknown policy: ${policy}`);
  if (more.length > 0) throw wrongCount(line.words[0]);
  return true;
}

/** Puts the addresses of each answer into another order, so that not all clients take the same first. */
export function loadbalancePlugin(random: Random): Plugin {
  return (next) => async (query) => {
    const reply = await next(query);
    const message = shuffled(reply.message, random);
    return message === reply.message ? reply : { ...reply, message };
  };
}

/** Shuffles the addresses of each name: only their data, to which nothing in a message points. */
function shuffled(message: Buffer, random: Random): Buffer {
  if (message.length < 12 || message.readUInt16BE(6) < 2) return message;
  const groups = new Map<string, number[]>();
  for (const { section, type, nameAt, ttlAt, dataAt } of recordsOf(message) ?? []) {
    if (section !== 'answer' || (type !== recordTypes.A && type !== recordTypes.AAAA)) continue;
    const group = `${type} ${message.toString('latin1', nameAt, ttlAt)}`;
    groups.set(group, [...(groups.get(group) ?? []), dataAt]);
  }
  const copy = Buffer.from(message);
  for (const [group, places] of groups) {
    const length = group.startsWith(`${recordTypes.A} `) ? 4 : 16;
    const from = [...places];
    for (const place of places) {
      const [chosen = place] = from.splice(Math.floor(random.next() * from.length), 1);
      message.copy(copy, place, chosen, chosen + length);
    }
  }
  return copy;
}
