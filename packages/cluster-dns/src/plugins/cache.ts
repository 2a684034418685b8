import type { Clock } from '@typernetes/base';
import { argumentsOf, counted, integer, milliseconds, once, unknownProperty } from '../corefile/arguments.ts';
import type { Line } from '../corefile/server-blocks.ts';
import { CorefileError } from '../corefile/word.ts';
import { isInZone, zonesOfHost } from '../corefile/zone-name.ts';
import { codeOf, codes, isTruncated, recordsOf, recordTypes } from '../wire/message.ts';
import type { Handler, Plugin, Query, Reply } from './query.ts';

/** The cache settings for one kind of response. */
interface Keeping {
  readonly capacity: number;
  readonly longestSeconds: number;
  readonly shortestSeconds: number;
}

export interface CacheSettings {
  readonly zones: readonly string[];
  readonly success: Keeping;
  readonly denial: Keeping;
  readonly servfailMs: number;
  /** Zones for which this kind is not cached. */
  readonly disabled: { readonly success: readonly string[]; readonly denial: readonly string[] };
  readonly prefetch: { readonly amount: number; readonly gapMs: number; readonly percentage: number };
  readonly stale: { readonly ms: number; readonly verify: boolean } | undefined;
  /** Records keep the times that they came with. */
  readonly keepTtl: boolean;
}

/** `cache [TTL] [ZONES...] { … }`. `zones` are those of the server block. */
export function parseCache(lines: readonly Line[], blockZones: readonly string[]): CacheSettings {
  const line = once(lines);
  const given = argumentsOf(line);
  const ttl = /^[+-]?\d+$/.test(given[0] ?? '') ? positive(given.shift() as string) : undefined;
  const zones = given.length > 0 ? given.flatMap(zonesOfHost) : blockZones;
  const keeping = (seconds: number): Keeping => ({
    capacity: 9984,
    longestSeconds: ttl ?? seconds,
    shortestSeconds: 5,
  });
  let settings: CacheSettings = {
    zones,
    success: keeping(3600),
    denial: keeping(1800),
    servfailMs: 5000,
    disabled: { success: [], denial: [] },
    prefetch: { amount: 0, gapMs: 60_000, percentage: 10 },
    stale: undefined,
    keepTtl: false,
  };
  for (const option of line.block) settings = { ...settings, ...optionOf(option, settings) };
  return settings;
}

function optionOf(line: Line, settings: CacheSettings): Partial<CacheSettings> {
  const [{ text: name }] = line.words;
  switch (name) {
    case 'success':
    case 'denial': {
      const [capacity = '', longest, shortest] = counted(line, 1, 3);
      const known = settings[name];
      return {
        [name]: {
          capacity: Math.max(integer(capacity), 1024),
          longestSeconds: longest === undefined ? known.longestSeconds : positive(longest),
          shortestSeconds: shortest === undefined ? known.shortestSeconds : notNegative(shortest, 'cache min TTL'),
        },
      };
    }
    case 'prefetch':
      return { prefetch: prefetchOf(counted(line, 1, 3), settings.prefetch) };
    case 'serve_stale': {
      const [duration, mode = 'immediate'] = counted(line, 0, 2);
      const ms = duration === undefined ? 3_600_000 : milliseconds(duration);
      if (ms < 0) throw new CorefileError('invalid negative duration for serve_stale');
      if (mode !== 'immediate' && mode !== 'verify')
        throw new CorefileError(`invalid value for serve_stale refresh mode: ${mode}`);
      return { stale: { ms, verify: mode === 'verify' } };
    }
    case 'servfail': {
      const [duration = ''] = counted(line, 1);
      const servfailMs = milliseconds(duration);
      if (servfailMs < 0) throw new CorefileError('invalid negative ttl for servfail');
      if (servfailMs > 300_000) throw new CorefileError('servfail cache ttl greater than 5 minutes');
      return { servfailMs };
    }
    case 'disable': {
      const [kind, ...zones] = argumentsOf(line);
      if (kind === undefined) counted(line, 1);
      if (kind !== 'success' && kind !== 'denial')
        throw new CorefileError('cache type for disable must be "success" or "denial"');
      const all = zones.length > 0 ? zones.flatMap(zonesOfHost) : settings.zones;
      return { disabled: { ...settings.disabled, [kind]: all } };
    }
    case 'keepttl':
      counted(line, 0);
      return { keepTtl: true };
    default:
      throw unknownProperty(line);
  }
}

function positive(text: string): number {
  const value = integer(text);
  if (value <= 0) throw new CorefileError(`cache TTL can not be zero or negative: ${value}`);
  return value;
}

function notNegative(text: string, what: string): number {
  const value = integer(text);
  if (value < 0) throw new CorefileError(`${what} can not be negative: ${value}`);
  return value;
}

function prefetchOf(
  [amountText = '', gap, share]: readonly string[],
  known: CacheSettings['prefetch'],
): CacheSettings['prefetch'] {
  const amount = integer(amountText);
  if (amount < 0) throw new CorefileError(`prefetch amount should be positive: ${amount}`);
  const gapMs = gap === undefined ? known.gapMs : milliseconds(gap);
  if (share === undefined) return { amount, gapMs, percentage: known.percentage };
  if (!share.endsWith('%'))
    throw new CorefileError(`last character of percentage should be \`%\`, but is: '${share.at(-1)}'`);
  const percentage = integer(share.slice(0, -1));
  if (percentage < 10 || percentage > 90)
    throw new CorefileError(`percentage should fall in range [10, 90]: ${percentage}`);
  return { amount, gapMs, percentage };
}

/** Observes the cache, for metrics. */
export interface CacheWatcher {
  asked(query: Query): void;
  hit(kind: CacheKind): void;
  missed(): void;
  holds(kind: CacheKind, entries: number): void;
}

export type CacheKind = 'success' | 'denial';

interface Entry {
  readonly message: Buffer;
  /** The positions of the records' times to live in the message. */
  readonly times: readonly number[];
  readonly storedAt: number;
  readonly expiresAt: number;
  readonly kind: CacheKind;
  hits: number;
  lastHit: number;
  refreshing: boolean;
}

interface CacheDeps {
  readonly clock: Pick<Clock, 'monotonic'>;
  readonly watcher?: CacheWatcher;
}

/**
 * Caches responses for as long as they say, within the settings; a cached response has its remaining time to live. Two
 * queries are equal when they differ in their id alone, so all flags and options of a client are honored.
 */
export function cachePlugin(settings: CacheSettings, { clock, watcher }: CacheDeps): Plugin {
  const stores = { success: new Map<string, Entry>(), denial: new Map<string, Entry>() };
  const find = (key: string): Entry | undefined => stores.success.get(key) ?? stores.denial.get(key);
  const store = (key: string, entry: Entry): void => {
    stores[entry.kind === 'success' ? 'denial' : 'success'].delete(key);
    const into = stores[entry.kind];
    into.delete(key);
    // Drops the oldest: a popular one comes back at once.
    if (into.size >= settings[entry.kind].capacity) into.delete(into.keys().next().value ?? '');
    into.set(key, entry);
    watcher?.holds(entry.kind, into.size);
  };
  const ask = async (query: Query, next: Handler): Promise<Reply> => {
    const reply = await next(query);
    const entry = entryOf(query, reply.message);
    if (!entry) return reply;
    store(keyOf(query), entry);
    return reply.error ? reply : { ...reply, message: aged(entry, query, entry.storedAt) };
  };
  const entryOf = ({ name }: Query, message: Buffer): Entry | undefined => {
    const life = lifeOf(message);
    if (!life || settings.disabled[life.kind].some((zone) => isInZone(name, zone))) return undefined;
    const { shortestSeconds, longestSeconds } = settings[life.kind];
    const seconds =
      life.seconds === undefined
        ? settings.servfailMs / 1000
        : Math.min(Math.max(life.seconds, shortestSeconds), longestSeconds);
    if (seconds === 0) return undefined;
    const storedAt = clock.monotonic();
    const { times, kind } = life;
    const expiresAt = storedAt + seconds * 1000;
    return { message, times, kind, storedAt, expiresAt, hits: 0, lastHit: storedAt, refreshing: false };
  };
  const refresh = (entry: Entry, query: Query, next: Handler): void => {
    if (entry.refreshing) return;
    entry.refreshing = true;
    void ask(query, next).finally(() => {
      entry.refreshing = false;
    });
  };
  const aged = ({ message, times, storedAt, expiresAt }: Entry, query: Query, now: number): Buffer => {
    const copy = Buffer.from(message);
    query.message.copy(copy, 0, 0, 2);
    const left = Math.max(Math.floor((expiresAt - now) / 1000), 0);
    const age = Math.floor((now - storedAt) / 1000);
    for (const at of times) copy.writeUInt32BE(settings.keepTtl ? Math.max(copy.readUInt32BE(at) - age, 0) : left, at);
    return copy;
  };
  const isPopular = (entry: Entry, now: number): boolean => {
    const { amount, gapMs, percentage } = settings.prefetch;
    entry.hits = now - entry.lastHit > gapMs ? 1 : entry.hits + 1;
    entry.lastHit = now;
    const threshold = Math.max(((entry.expiresAt - entry.storedAt) * percentage) / 100, 1000);
    return amount > 0 && entry.hits >= amount && entry.expiresAt - now <= threshold;
  };
  return (next) => async (query) => {
    if (!settings.zones.some((zone) => isInZone(query.name, zone))) return next(query);
    watcher?.asked(query);
    const now = clock.monotonic();
    const entry = find(keyOf(query));
    const stale = settings.stale;
    if (entry && now < entry.expiresAt) {
      watcher?.hit(entry.kind);
      if (isPopular(entry, now)) refresh(entry, query, next);
      return { message: aged(entry, query, now), by: 'cache' };
    }
    if (entry && stale && now < entry.expiresAt + stale.ms) {
      if (stale.verify) {
        const fresh = await ask(query, next);
        if (codeOf(fresh.message) !== codes.SERVFAIL) return fresh;
      } else refresh(entry, query, next);
      watcher?.hit(entry.kind);
      return { message: aged(entry, query, Number.POSITIVE_INFINITY), by: 'cache' };
    }
    watcher?.missed();
    return ask(query, next);
  };
}

const keyOf = ({ message }: Query): string => message.toString('latin1', 2);

interface Life {
  /** How long it may be cached; undefined if it does not say. */
  readonly seconds: number | undefined;
  readonly times: readonly number[];
  readonly kind: CacheKind;
}

/**
 * How long a message may be cached, and the positions of its times; undefined if it must not be cached, or is
 * malformed.
 */
export function lifeOf(message: Buffer): Life | undefined {
  if (message.length < 12 || isTruncated(message)) return undefined;
  const records = recordsOf(message)?.filter(({ type }) => type !== recordTypes.OPT);
  if (!records) return undefined;
  const code = codeOf(message);
  const times = records.map(({ ttlAt }) => ttlAt);
  if (code === codes.SERVFAIL) return { seconds: undefined, times, kind: 'denial' };
  if ((code !== codes.NOERROR && code !== codes.NXDOMAIN) || records.length === 0) return undefined;
  const denies = code === codes.NXDOMAIN || !records.some(({ section }) => section === 'answer');
  let seconds = Number.POSITIVE_INFINITY;
  for (const { type, ttlAt, dataAt, dataLength } of records) {
    seconds = Math.min(seconds, message.readUInt32BE(ttlAt));
    // The negative time to live (RFC 2308): the last number of the zone's SOA record.
    if (type === recordTypes.SOA && denies) seconds = Math.min(seconds, message.readUInt32BE(dataAt + dataLength - 4));
  }
  return { seconds, times, kind: denies ? 'denial' : 'success' };
}
