import { type IpRange, parseIpRange, type Random } from '@typernetes/base';
import { argumentsOf, once, unknownProperty } from '../corefile/arguments.ts';
import type { Line } from '../corefile/server-blocks.ts';
import { CorefileError, problemAt } from '../corefile/word.ts';
import { recordsOf, recordTypes } from '../wire/message.ts';
import type { Plugin } from './query.ts';

/** Ranges whose addresses come first, in this order. */
export type LoadbalanceSettings = readonly IpRange[];

/** `loadbalance [round_robin] { prefer CIDR... }`; the policy of weights is not there. */
export function parseLoadbalance(lines: readonly Line[]): LoadbalanceSettings {
  const line = once(lines);
  const [policy = 'round_robin', ...more] = argumentsOf(line);
  if (policy === 'weighted') throw new CorefileError("policy 'weighted' is not part of this cluster DNS");
  if (policy !== 'round_robin') throw new CorefileError(`unknown policy: ${policy}`);
  if (more.length > 0) throw problemAt(line.words[0], `unknown property for ${policy}`);
  return line.block.flatMap((option) => {
    if (option.words[0].text !== 'prefer') throw unknownProperty(option);
    return argumentsOf(option).map((cidr) => parseIpRange(cidr) ?? invalidCidr(option, cidr));
  });
}

function invalidCidr(option: Line, cidr: string): never {
  throw problemAt(option.words[0], `invalid CIDR ${JSON.stringify(cidr)}: invalid CIDR address: ${cidr}`);
}

/** Puts the addresses of each answer into another order, so that not all clients take the same first. */
export function loadbalancePlugin(random: Random, prefer: LoadbalanceSettings = []): Plugin {
  return (next) => async (query) => {
    const reply = await next(query);
    const message = shuffled(reply.message, random, prefer);
    return message === reply.message ? reply : { ...reply, message };
  };
}

/** Shuffles the addresses of each name: only their data, to which nothing in a message points. */
function shuffled(message: Buffer, random: Random, prefer: LoadbalanceSettings): Buffer {
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
    const chosen = places.flatMap(() => from.splice(Math.floor(random.next() * from.length), 1));
    if (prefer.length > 0) {
      const rank = new Map(chosen.map((at) => [at, rankOf(message.subarray(at, at + length), prefer)]));
      chosen.sort((a, b) => (rank.get(a) ?? 0) - (rank.get(b) ?? 0));
    }
    for (const [i, place] of places.entries()) {
      const at = chosen[i] ?? place;
      message.copy(copy, place, at, at + length);
    }
  }
  return copy;
}

/** The position of the first range with the address; behind all of them if there is none. */
function rankOf(bytes: Buffer, prefer: LoadbalanceSettings): number {
  const value = BigInt(`0x${bytes.toString('hex')}`);
  const found = prefer.findIndex(
    ({ bits, first, last }) => bits === bytes.length * 8 && first <= value && value <= last,
  );
  return found < 0 ? prefer.length : found;
}
