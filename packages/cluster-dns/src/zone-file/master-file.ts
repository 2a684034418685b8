import { isIPv4, isIPv6 } from 'node:net';
import type { Answer, RecordType } from 'dns-packet';
import { zoneName } from '../corefile/zone-name.ts';

/** What is wrong with a master file, and where. */
export class MasterFileError extends Error {
  override readonly name = 'MasterFileError';
  constructor(what: string, near: string, line: number) {
    super(`dns: ${what}: ${JSON.stringify(near)} at line: ${line}`);
  }
}

/** One entry, which brackets may spread over several lines. */
interface Entry {
  readonly tokens: readonly string[];
  /** Where it begins. */
  readonly line: number;
  /** It begins with a blank: the owner is that of the entry before. */
  readonly isIndented: boolean;
}

/**
 * The records of a master file (RFC 1035, chapter 5), for names below an origin. Names are in lower case, without the final dot. Throws a
 * {@link MasterFileError}. `$INCLUDE` and `$GENERATE` are not read.
 */
export function masterFile(text: string, zone: string): Answer[] {
  const records: Answer[] = [];
  let origin = zone;
  let owner = zone;
  let ttl: number | undefined;
  for (const entry of entriesOf(text)) {
    const words = [...entry.tokens];
    const first = words[0] ?? '';
    const wrong = (what: string, near: string = first): MasterFileError => new MasterFileError(what, near, entry.line);
    if (first === '$ORIGIN' || first === '$TTL') {
      const value = words[1];
      if (value === undefined) throw wrong(`expecting ${first} value, not this...`);
      if (first === '$ORIGIN') origin = absoluteName(value, origin);
      else ttl = seconds(value) ?? raise(wrong('expecting $TTL value, not this...', value));
      continue;
    }
    if (first.startsWith('$')) throw wrong('directive is not part of this cluster DNS');
    if (!entry.isIndented) owner = absoluteName(words.shift() ?? '', origin);
    let own: number | undefined;
    // A time and a class, in either order, each of them or none.
    for (let left = 2; left > 0; left--) {
      const word = words[0] ?? '';
      const time = seconds(word);
      if (time !== undefined) own = time;
      else if (!/^(IN|CH|HS)$/i.test(word)) break;
      words.shift();
    }
    const type = words.shift()?.toUpperCase() ?? '';
    const read = readers[type];
    if (!read) throw wrong('unknown RR type', type);
    const data = read(words, (name) => absoluteName(name, origin));
    if (data === undefined) throw wrong(`bad ${type}`, words.join(' '));
    ttl ??= own ?? (type === 'SOA' ? (data as { minimum: number }).minimum : undefined);
    const time = own ?? ttl ?? raise(wrong('missing TTL with no previous value'));
    records.push({ type: type as RecordType, class: 'IN', name: owner, ttl: time, data } as Answer);
  }
  return records;
}

function raise(error: Error): never {
  throw error;
}

function absoluteName(text: string, origin: string): string {
  if (text === '@') return origin;
  if (text.endsWith('.')) return zoneName(text);
  return zoneName(origin === '.' ? text : `${text}.${origin}`);
}

const unitSeconds: Readonly<Record<string, number>> = { '': 1, s: 1, m: 60, h: 3600, d: 86_400, w: 604_800 };

/** `3600`, `1h30m`; undefined for what is no time. */
function seconds(text: string): number | undefined {
  if (!/^(\d+[smhdw]?)+$/i.test(text)) return undefined;
  return [...text.toLowerCase().matchAll(/(\d+)([smhdw]?)/g)].reduce(
    (sum, [, amount, unit = '']) => sum + Number(amount) * (unitSeconds[unit] ?? 1),
    0,
  );
}

type Reader = (words: readonly string[], nameOf: (text: string) => string) => unknown;

const oneName: Reader = ([word, ...more], nameOf) => (word && more.length === 0 ? nameOf(word) : undefined);
const address =
  (isAddress: (text: string) => boolean): Reader =>
  ([word, ...more]) =>
    word && more.length === 0 && isAddress(word) ? word : undefined;
const numbers = (words: readonly string[]): number[] | undefined => {
  const values = words.map((word) => seconds(word) ?? Number.NaN);
  return values.every(Number.isInteger) ? values : undefined;
};

/** Makes a record's data; undefined of what it cannot be. */
const readers: Readonly<Record<string, Reader>> = {
  A: address(isIPv4),
  AAAA: address(isIPv6),
  CNAME: oneName,
  NS: oneName,
  PTR: oneName,
  MX: ([preference, exchange, ...more], nameOf) => {
    const [value] = (preference && numbers([preference])) ?? [];
    return value === undefined || !exchange || more.length > 0
      ? undefined
      : { preference: value, exchange: nameOf(exchange) };
  },
  SRV: (words, nameOf) => {
    const [priority, weight, port] = numbers(words.slice(0, 3)) ?? [];
    const target = words[3];
    return port === undefined || !target || words.length > 4
      ? undefined
      : { priority, weight, port, target: nameOf(target) };
  },
  TXT: (words) => (words.length > 0 ? [...words] : undefined),
  CAA: ([flags, tag, value, ...more]) =>
    flags && tag && value && more.length === 0 ? { flags: Number(flags), tag, value } : undefined,
  SOA: ([mname, rname, ...rest], nameOf) => {
    const [serial, refresh, retry, expire, minimum, ...more] = numbers(rest) ?? [];
    return mname && rname && minimum !== undefined && more.length === 0
      ? { mname: nameOf(mname), rname: nameOf(rname), serial, refresh, retry, expire, minimum }
      : undefined;
  },
};

const tokenPattern = /"((?:[^"\\]|\\.)*)"|;[^\n]*|[()\n]|[^\s;()"]+|[^\S\n]+/g;

function entriesOf(text: string): Entry[] {
  const entries: Entry[] = [];
  let tokens: string[] = [];
  let line = 1;
  let begin = 1;
  let depth = 0;
  let isIndented = false;
  let isAtBegin = true;
  const end = (): void => {
    if (tokens.length > 0) entries.push({ tokens, line: begin, isIndented });
    tokens = [];
    isIndented = false;
  };
  for (const [word, quoted] of text.matchAll(tokenPattern)) {
    if (word === '\n') {
      line++;
      if (depth === 0) end();
      isAtBegin = true;
      continue;
    }
    if (tokens.length === 0) begin = line;
    if (word === '(') depth++;
    else if (word === ')') depth--;
    else if (/^\s/.test(word)) isIndented ||= isAtBegin && tokens.length === 0;
    else if (!word.startsWith(';')) tokens.push(quoted?.replace(/\\(.)/g, '$1') ?? word);
    isAtBegin = false;
    if (depth < 0) throw new MasterFileError('extra closing brace', word, line);
  }
  if (depth > 0) throw new MasterFileError('unbalanced brace', text.slice(-1), line);
  end();
  return entries;
}
