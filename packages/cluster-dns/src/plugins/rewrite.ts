import { type Answer, decode, encode, type Packet } from 'dns-packet';
import { argumentsOf, integer } from '../corefile/arguments.ts';
import type { Line } from '../corefile/server-blocks.ts';
import { CorefileError } from '../corefile/word.ts';
import { absolute } from '../corefile/zone-name.ts';
import { asking, failed, type Plugin } from './query.ts';

/** Names with their final dot in, the same out; undefined where the rule does not match. */
type Renaming = (name: string) => string | undefined;

/** The changes to a response's records. */
interface Reversal {
  readonly owner?: Renaming;
  readonly target?: Renaming;
  /** Seconds. */
  readonly ttl?: number;
}

interface Rule {
  /** Whether to try further rules after this one matched. */
  readonly goesOn: boolean;
  /** Another question and what has to be done to its answer; undefined where the rule does not match. */
  apply(
    name: string,
    type: string,
  ): { readonly name: string; readonly type: string; readonly reversals: readonly Reversal[] } | undefined;
}

export type RewriteSettings = readonly Rule[];

const ways = ['exact', 'prefix', 'suffix', 'substring', 'regex'] as const;
type Way = (typeof ways)[number];

/** `rewrite [continue|stop] name|type|ttl …`, in one line or a block; may occur several times. */
export function parseRewrite(lines: readonly Line[]): RewriteSettings {
  return lines.map((line) => {
    const words = [...argumentsOf(line), ...line.block.flatMap(({ words }) => words.map(({ text }) => text))];
    const [first] = words;
    const goesOn = first === 'continue';
    if (first === 'continue' || first === 'stop') words.shift();
    const [field, ...rest] = words;
    if (field === undefined) throw new CorefileError('no rule type specified for rewrite');
    switch (field.toLowerCase()) {
      case 'name':
        return nameRule(rest, goesOn);
      case 'type': {
        const [from, to] = rest;
        if (rest.length !== 2) throw new CorefileError('type rules must have exactly two arguments');
        return {
          goesOn,
          apply: (name, type) => (type === from ? { name, type: to as string, reversals: [] } : undefined),
        };
      }
      case 'ttl':
        return ttlRule(rest, goesOn);
      case 'answer':
        throw new CorefileError('response rewrites must begin with a name rule');
      case 'class':
      case 'edns0':
      case 'cname':
      case 'rcode':
        throw new CorefileError(`rules for "${field}" are not part of this cluster DNS; name, type and ttl are`);
      default:
        throw new CorefileError(`invalid rule type ${JSON.stringify(field)}`);
    }
  });
}

/** `[exact|…] FROM …`: the matching names, and the remaining words. */
function matchOf(words: readonly string[], least: number): { way: Way; from: string; rest: readonly string[] } {
  const way = ways.find((one) => one === words[0]?.toLowerCase());
  if (way && words.length > least) return { way, from: words[1] ?? '', rest: words.slice(2) };
  if (words.length > least && !words.includes('answer'))
    throw new CorefileError(
      `name rule supports only exact, prefix, suffix, substring, and regex name matching, received: ${words[0]}`,
    );
  return { way: 'exact', from: words[0] ?? '', rest: words.slice(1) };
}

function nameRule(words: readonly string[], goesOn: boolean): Rule {
  if (words.length < 2) throw new CorefileError('too few arguments for a name rule');
  const { way, from, rest } = matchOf(words, 2);
  const [to = '', ...answers] = rest;
  const rename = renaming(way, from, to);
  // With exact rules the response always gets the original name.
  let automatic = way === 'exact';
  const said: Reversal[] = [];
  for (let i = 0; i < answers.length; ) {
    if (answers[i] !== 'answer') throw new CorefileError(`invalid name rule: unexpected argument "${answers[i]}"`);
    const [kind, pattern, replacement] = answers.slice(i + 1, i + 4);
    if (kind === 'auto') {
      automatic = true;
      i += 2;
    } else if ((kind === 'name' || kind === 'value') && pattern !== undefined && replacement !== undefined) {
      const renamed = renaming('regex', pattern, replacement);
      said.push(kind === 'name' ? { owner: renamed } : { target: renamed });
      i += 4;
    } else {
      throw new CorefileError('response rewrites must consist only of a name rule with 3 arguments and an answer rule');
    }
  }
  return {
    goesOn,
    apply: (name, type) => {
      const renamed = rename(name);
      if (renamed === undefined) return undefined;
      const back: Renaming = (one) => (one.toLowerCase() === renamed.toLowerCase() ? name : undefined);
      const reversals = [...(automatic ? [{ owner: back, target: back }] : []), ...said];
      return { name: renamed, type, reversals };
    },
  };
}

function ttlRule(words: readonly string[], goesOn: boolean): Rule {
  if (words.length < 2) throw new CorefileError('too few arguments for a ttl rule');
  const { way, from, rest } = matchOf(words, 2);
  const ttl = integer(rest[0] ?? '');
  const matches = renaming(way, from, '');
  return {
    goesOn,
    apply: (name, type) => (matches(name) === undefined ? undefined : { name, type, reversals: [{ ttl }] }),
  };
}

function renaming(way: Way, from: string, to: string): Renaming {
  const dotted = (name: string): string => absolute(name.toLowerCase().replace(/\.$/, ''));
  switch (way) {
    case 'exact':
      return (name) => (name === dotted(from) ? dotted(to) : undefined);
    case 'prefix':
      return (name) => (name.startsWith(from) ? to + name.slice(from.length) : undefined);
    case 'suffix':
      return (name) => (name.endsWith(dotted(from)) ? name.slice(0, -dotted(from).length) + dotted(to) : undefined);
    case 'substring':
      return (name) => (name.includes(from) ? name.replaceAll(from, to) : undefined);
    case 'regex': {
      const expression = compiled(from, to);
      return (name) => {
        const groups = expression.exec(name);
        return groups
          ? to.replaceAll(/\{(\d+)\}/g, (whole, index: string) => groups[Number(index)] ?? whole)
          : undefined;
      };
    }
  }
}

function compiled(from: string, to: string): RegExp {
  let expression: RegExp;
  try {
    expression = new RegExp(from.replaceAll('(?P<', '(?<'));
  } catch {
    throw new CorefileError(`invalid regex matching pattern: ${from}`);
  }
  const groups = (new RegExp(`${expression.source}|`).exec('')?.length ?? 1) - 1;
  const used = new Set(to.match(/\{\d+\}/g)).size;
  if (used > groups + (to.includes('{0}') ? 1 : 0))
    throw new CorefileError(
      `the rewrite regex pattern (${to}) uses more subexpressions than its corresponding matching regex pattern (${from})`,
    );
  return expression;
}

const longestName = 254;

/** Asks another question than the client did, and answers as if it had not. */
export function rewritePlugin(settings: RewriteSettings): Plugin {
  return (next) => async (query) => {
    let name = absolute(query.name);
    let { type } = query;
    const reversals: Reversal[] = [];
    let isRewritten = false;
    for (const rule of settings) {
      const done = rule.apply(name, type);
      if (!done) continue;
      isRewritten = true;
      ({ name, type } = done);
      reversals.push(...done.reversals);
      if (!rule.goesOn) break;
    }
    if (!isRewritten) return next(query);
    if (name.length > longestName || /\.\.|^\../.test(name))
      return failed(query, 'rewrite', `invalid name after rewrite: ${name}`);
    const reply = await next(asking(query, name.replace(/(?<=.)\.$/, ''), type));
    return { ...reply, message: asAsked(reply.message, query.packet, reversals) };
  };
}

function asAsked(message: Buffer, { questions }: Packet, reversals: readonly Reversal[]): Buffer {
  const packet = decode(message);
  const each = (records: Answer[] | undefined): Answer[] | undefined =>
    records?.map((record) => (record.type === 'OPT' ? record : reversals.reduce(reversed, record)));
  const { answers, authorities, additionals } = packet;
  return encode({
    ...packet,
    questions,
    answers: each(answers),
    authorities: each(authorities),
    additionals: each(additionals),
  });
}

function reversed<T extends Answer>(record: T, { owner, target, ttl }: Reversal): T {
  const named = (name: string, rename: Renaming | undefined): string =>
    (rename?.(absolute(name)) ?? name).replace(/(?<=.)\.$/, '');
  const data = 'data' in record ? (record.data as unknown) : undefined;
  const newData =
    typeof data === 'string' && ['CNAME', 'NS', 'PTR', 'DNAME'].includes(record.type)
      ? named(data, target)
      : isService(data)
        ? { ...data, target: named(data.target, target) }
        : data;
  return {
    ...record,
    name: named(record.name, owner),
    ...(data === undefined ? {} : { data: newData }),
    ...(ttl === undefined ? {} : { ttl }),
  };
}

function isService(data: unknown): data is { readonly target: string } {
  return typeof data === 'object' && data !== null && 'target' in data && typeof data.target === 'string';
}
