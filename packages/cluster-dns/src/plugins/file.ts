import { readFileSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import { type Clock, codeOf as errorCode, messageOf } from '@typernetes/base';
import { type Answer, AUTHORITATIVE_ANSWER, decode, encode, RECURSION_AVAILABLE } from 'dns-packet';
import { argumentsOf, counted, milliseconds, single, unknownProperty } from '../corefile/arguments.ts';
import type { Line } from '../corefile/server-blocks.ts';
import { CorefileError, wrongCount } from '../corefile/word.ts';
import { absolute, isInZone, zoneName, zoneOf, zonesOfHost } from '../corefile/zone-name.ts';
import { codes } from '../wire/message.ts';
import { MasterFileError, masterFile } from '../zone-file/master-file.ts';
import { lookUp, type ZoneData, type ZoneReply, zoneData } from '../zone-file/zone-data.ts';
import { zonesGiven } from './hosts.ts';
import { asking, empty, failed, type Handler, type Plugin, type Query, type Reply } from './query.ts';

export interface FileSettings {
  readonly file: string;
  readonly zones: readonly string[];
  /** 0: the file is read once. */
  readonly reloadMs: number;
  readonly fallthrough: readonly string[];
}

/** `file DBFILE [ZONES...] { … }`; may be said several times. A file that is there has to be right. */
export function parseFile(lines: readonly Line[], blockZones: readonly string[], root = ''): FileSettings[] {
  return lines.map((line) => {
    const [named, ...given] = argumentsOf(line);
    if (named === undefined) throw wrongCount(line.words[0]);
    const file = root === '' ? named : resolve(root, named);
    let settings: FileSettings = {
      file,
      zones: given.length > 0 ? given.flatMap(zonesOfHost) : blockZones,
      reloadMs: 60_000,
      fallthrough: [],
    };
    for (const option of line.block) settings = { ...settings, ...optionOf(option) };
    const text = textOf(file);
    if (text === undefined && settings.reloadMs === 0)
      throw new CorefileError(`open ${file}: no such file or directory`);
    if (text !== undefined) for (const zone of settings.zones) dataOf(text, zone, file);
    return settings;
  });
}

function optionOf(line: Line): Partial<FileSettings> {
  const [word] = line.words;
  switch (word.text) {
    case 'reload':
      return { reloadMs: milliseconds(single(line)) };
    case 'fallthrough':
      return { fallthrough: zonesGiven(line) };
    // Names elsewhere are asked of this server in any case.
    case 'upstream':
      counted(line, 0, 255);
      return {};
    default:
      throw unknownProperty(line);
  }
}

function textOf(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return undefined;
    throw new CorefileError(messageOf(error));
  }
}

function dataOf(text: string, zone: string, file: string): ZoneData {
  let data: ZoneData | undefined;
  try {
    data = zoneData(masterFile(text, zone), zone);
  } catch (error) {
    if (error instanceof MasterFileError) throw new CorefileError(`${file}: ${error.message}`);
    throw error;
  }
  if (!data) throw new CorefileError(`file ${JSON.stringify(file)} has no SOA record for origin ${absolute(zone)}`);
  return data;
}

interface FileDeps {
  readonly clock: Pick<Clock, 'monotonic'>;
  /** Told of a file that has changed and cannot be read: the zone stays as it was. */
  readonly onError: (text: string) => void;
  /** Asks this server, from its first plugin on. */
  readonly self: Handler;
}

/** How many names may lead from one to the next. */
const mostNames = 8;

/** Answers for the names of zones that stand in a file. */
export function filePlugin(settings: FileSettings, { clock, onError, self }: FileDeps): Plugin {
  const { file, zones, reloadMs, fallthrough } = settings;
  const loaded = new Map<string, ZoneData>();
  let stamp = '';
  let lookedAt = Number.NEGATIVE_INFINITY;
  const refresh = (): void => {
    const now = clock.monotonic();
    if (now - lookedAt < (reloadMs === 0 ? Number.POSITIVE_INFINITY : reloadMs)) return;
    lookedAt = now;
    const found = statSync(file, { throwIfNoEntry: false });
    const current = found ? `${found.mtimeMs} ${found.size} ${found.ino}` : '';
    if (current === stamp) return;
    stamp = current;
    try {
      const text = textOf(file);
      if (text === undefined) return;
      for (const zone of zones) {
        const data = dataOf(text, zone, file);
        // A new version says so.
        if (loaded.get(zone)?.serial !== data.serial) loaded.set(zone, data);
      }
    } catch (error) {
      onError(messageOf(error));
    }
  };
  refresh();
  return (next) => async (query) => {
    const zone = zoneOf(query.name, zones);
    if (zone === undefined) return next(query);
    refresh();
    const data = loaded.get(zone);
    if (!data) return failed(query, 'file', `zone ${absolute(zone)} is not loaded`);
    if (query.type === 'AXFR' || query.type === 'IXFR') return { message: empty(query, codes.REFUSED), by: 'file' };
    const reply = lookUp(data, query.name, query.type, query.question.name);
    if (reply.code === 'NXDOMAIN' && fallthrough.some((one) => isInZone(query.name, one))) return next(query);
    return answered(query, reply, reply.leadsTo === undefined ? [] : await whatItLeadsTo(reply.leadsTo, query, self));
  };
}

async function whatItLeadsTo(target: string, query: Query, self: Handler): Promise<Answer[]> {
  const depth = (query.depth ?? 0) + 1;
  if (depth > mostNames) return [];
  const { message } = await self({ ...asking(query, zoneName(target)), depth });
  return decode(message).answers ?? [];
}

function answered(query: Query, reply: ZoneReply, more: readonly Answer[]): Reply {
  const authority = reply.isReferral ? 0 : AUTHORITATIVE_ANSWER;
  const message = encode({
    type: 'response',
    id: query.packet.id,
    flags: ((query.packet.flags ?? 0) & 0x0100) | authority | RECURSION_AVAILABLE | codes[reply.code],
    questions: [query.question],
    answers: [...reply.answers, ...more],
    authorities: [...reply.authority],
    additionals: [...reply.additional],
  });
  return { message, by: 'file' };
}
