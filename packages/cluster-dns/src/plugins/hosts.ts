import { readFileSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import { type Clock, ipAddressText, parseIpAddress } from '@typernetes/base';
import { argumentsOf, counted, integer, milliseconds, once } from '../corefile/arguments.ts';
import type { Line } from '../corefile/server-blocks.ts';
import { problemAt } from '../corefile/word.ts';
import { isInZone, zoneName, zonesOfHost } from '../corefile/zone-name.ts';
import { codes } from '../wire/message.ts';
import type { DnsRecord } from '../zone/record.ts';
import { addressIn } from '../zone/reverse-name.ts';
import { authoritative, empty, type Plugin } from './query.ts';

export interface HostsSettings {
  readonly file: string;
  readonly inline: string;
  readonly zones: readonly string[];
  /** Seconds. */
  readonly ttl: number;
  readonly reverse: boolean;
  /** 0: the file is read once. */
  readonly reloadMs: number;
  /** Zones for which the next plugin answers missing names. */
  readonly fallthrough: readonly string[];
}

/** `hosts [FILE [ZONES...]] { … }` */
export function parseHosts(lines: readonly Line[], blockZones: readonly string[], root = ''): HostsSettings {
  const line = once(lines);
  const [file = '/etc/hosts', ...zones] = argumentsOf(line);
  const inline: string[] = [];
  let [ttl, reverse, reloadMs]: [number, boolean, number] = [3600, true, 5000];
  let fallthrough: readonly string[] = [];
  for (const option of line.block) {
    const [word] = option.words;
    switch (word.text) {
      case 'fallthrough':
        fallthrough = zonesGiven(option);
        break;
      case 'no_reverse':
        counted(option, 0);
        reverse = false;
        break;
      case 'ttl': {
        const given = argumentsOf(option);
        if (given.length < 1) throw problemAt(word, 'ttl needs a time in second');
        ttl = integer(given[0] ?? '');
        if (ttl <= 0 || ttl > 65_535) throw problemAt(word, 'ttl provided is invalid');
        break;
      }
      case 'reload': {
        const [duration] = argumentsOf(option);
        if (duration === undefined) throw problemAt(word, 'reload needs a duration (zero seconds to disable)');
        reloadMs = milliseconds(duration);
        if (reloadMs < 0) throw problemAt(word, `invalid negative duration for reload '${duration}'`);
        break;
      }
      default:
        if (fallthrough.length > 0) throw problemAt(word, `unknown property '${word.text}'`);
        inline.push(option.words.map(({ text }) => text).join(' '));
    }
  }
  const all = zones.length > 0 ? zones.flatMap(zonesOfHost) : blockZones;
  return {
    file: root === '' ? file : resolve(root, file),
    inline: inline.join('\n'),
    zones: all,
    ttl,
    reverse,
    reloadMs,
    fallthrough,
  };
}

/** The zones after `fallthrough`; all if none is named. */
export function zonesGiven(option: Line): string[] {
  const zones = argumentsOf(option).flatMap(zonesOfHost);
  return zones.length > 0 ? zones : ['.'];
}

interface Table {
  readonly addresses: ReadonlyMap<string, readonly string[]>;
  readonly names: ReadonlyMap<string, readonly string[]>;
}

/** Lines of hosts(5). */
function hostsTable(text: string): Table {
  const addresses = new Map<string, string[]>();
  const names = new Map<string, string[]>();
  const add = (map: Map<string, string[]>, key: string, value: string): void => {
    const known = map.get(key) ?? [];
    if (!known.includes(value)) map.set(key, [...known, value]);
  };
  for (const line of text.split('\n')) {
    const [first = '', ...all] = line.replace(/#.*/, '').trim().split(/\s+/);
    const parsed = parseIpAddress(first.split('%')[0] ?? '');
    if (!parsed) continue;
    const address = ipAddressText(parsed);
    for (const name of all.map(zoneName)) {
      add(addresses, name, address);
      if (!name.startsWith('*.')) add(names, address, name);
    }
  }
  return { addresses, names };
}

interface HostsDeps {
  readonly clock: Pick<Clock, 'monotonic'>;
  readonly onEntries?: (count: number) => void;
}

/** Answers for names of a file, and for those that the Corefile itself gives. */
export function hostsPlugin(settings: HostsSettings, { clock, onEntries }: HostsDeps): Plugin {
  let read: { readonly at: number; readonly stamp: string; readonly table: Table } | undefined;
  const table = (): Table => {
    const now = clock.monotonic();
    if (read && (settings.reloadMs === 0 || now - read.at < settings.reloadMs)) return read.table;
    const stamp = stampOf(settings.file);
    if (read?.stamp === stamp) {
      read = { ...read, at: now };
      return read.table;
    }
    const text = stamp === '' ? '' : readFileSync(settings.file, 'utf8');
    read = { at: now, stamp, table: hostsTable(`${text}\n${settings.inline}`) };
    onEntries?.([...read.table.addresses.values()].flat().length);
    return read.table;
  };
  table();
  return (next) => async (query) => {
    const { name, type } = query;
    if (!settings.zones.some((zone) => isInZone(name, zone))) return next(query);
    const { ttl } = settings;
    const { addresses, names } = table();
    const isReverse = type === 'PTR';
    const address = isReverse && settings.reverse ? addressIn(name) : undefined;
    const found = isReverse
      ? address && names.get(address)
      : (addresses.get(name) ?? addresses.get(name.replace(/^[^.]+/, '*')));
    if (isReverse && !found) return next(query);
    if (!found) {
      if (settings.fallthrough.some((zone) => isInZone(name, zone))) return next(query);
      // A hosts file has no zone that could deny a name.
      return { message: empty(query, codes.SERVFAIL), by: 'hosts' };
    }
    const records = found.map((data): DnsRecord => {
      const kind = isReverse ? 'PTR' : data.includes(':') ? 'AAAA' : 'A';
      return { type: kind, name: query.question.name, ttl, data };
    });
    return authoritative(query, 'hosts', {
      code: 'NOERROR',
      answers: records.filter((record) => record.type === type),
    });
  };
}

/** Changes when the file does; empty if it does not exist. */
function stampOf(file: string): string {
  const found = statSync(file, { throwIfNoEntry: false });
  return found?.isFile() ? `${found.mtimeMs} ${found.size} ${found.ino}` : '';
}
