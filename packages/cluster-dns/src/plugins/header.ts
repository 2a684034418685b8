import { argumentsOf } from '../corefile/arguments.ts';
import type { Line } from '../corefile/server-blocks.ts';
import { CorefileError, wrongCount } from '../corefile/word.ts';
import type { Plugin } from './query.ts';

/** Flags in the 16 bits after a message's id. */
const flags = { aa: 0x0400, ra: 0x0080, rd: 0x0100 } as const;

interface HeaderRule {
  readonly of: 'query' | 'response';
  readonly flag: number;
  readonly state: boolean;
}

export type HeaderSettings = readonly HeaderRule[];

/** `header { [query|response] set|clear FLAGS... }` */
export function parseHeader(lines: readonly Line[]): HeaderSettings {
  for (const { block } of lines) {
    const rules = block.flatMap(rulesOf);
    if (rules.length > 0) return rules;
  }
  const last = lines.at(-1)?.words.at(-1);
  throw last ? wrongCount(last) : new CorefileError('no rules');
}

function rulesOf(line: Line): HeaderRule[] {
  const selector = line.words[0].text.toLowerCase();
  const given = argumentsOf(line);
  const isShort = selector === 'set' || selector === 'clear';
  if (!isShort && selector !== 'query' && selector !== 'response')
    throw new CorefileError(`setting up rule: invalid selector=${selector} should be query or response`);
  const action = isShort ? selector : given.shift()?.toLowerCase();
  if (action === undefined) throw new CorefileError('setting up rule: no flag action provided');
  if (given.length === 0)
    throw new CorefileError('setting up rule: invalid length for flags, at least one should be provided');
  if (action !== 'set' && action !== 'clear')
    throw new CorefileError(`setting up rule: unknown flag action=${action}, should be set or clear`);
  return given.map((text) => {
    const name = text.toLowerCase();
    if (!(name in flags)) throw new CorefileError(`setting up rule: unknown/unsupported flag=${name}`);
    // Without a selector, responses are meant.
    const of = selector === 'query' ? 'query' : 'response';
    return { of, flag: flags[name as keyof typeof flags], state: action === 'set' };
  });
}

/** Sets and clears flags of queries and responses; the last rule about a flag decides. */
export function headerPlugin(rules: HeaderSettings): Plugin {
  const changed = (value: number, of: HeaderRule['of']): number =>
    rules
      .filter((rule) => rule.of === of)
      .reduce((bits, { flag, state }) => (state ? bits | flag : bits & ~flag), value);
  const changedMessage = (message: Buffer, of: HeaderRule['of']): Buffer => {
    const copy = Buffer.from(message);
    copy.writeUInt16BE(changed(copy.readUInt16BE(2), of), 2);
    return copy;
  };
  return (next) => async (query) => {
    const packet = { ...query.packet, flags: changed(query.packet.flags ?? 0, 'query') };
    const reply = await next({ ...query, packet, message: changedMessage(query.message, 'query') });
    return { ...reply, message: changedMessage(reply.message, 'response') };
  };
}
