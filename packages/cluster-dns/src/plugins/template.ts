import { argumentsOf, counted, pattern, unknownProperty } from '../corefile/arguments.ts';
import type { Line } from '../corefile/server-blocks.ts';
import { CorefileError, wrongCount } from '../corefile/word.ts';
import { absolute, isInZone, zoneOf, zonesOfHost } from '../corefile/zone-name.ts';
import { type CodeName, codes } from '../wire/message.ts';
import type { DnsRecord } from '../zone/record.ts';
import { zonesGiven } from './hosts.ts';
import { authoritative, failed, type Plugin, type Query } from './query.ts';

interface Given {
  readonly query: Query;
  readonly zone: string;
  readonly match: RegExpExecArray;
}

type Text = (given: Given) => string;

interface Template {
  /** `ANY` stands for all. */
  readonly type: string;
  readonly zones: readonly string[];
  readonly matches: readonly RegExp[];
  readonly code: CodeName;
  readonly answers: readonly Text[];
  readonly authority: readonly Text[];
  readonly additional: readonly Text[];
  readonly fallthrough: readonly string[];
}

export type TemplateSettings = readonly Template[];

/** `template CLASS TYPE [ZONE...] { match …; answer …; rcode … }`; may occur several times. */
export function parseTemplate(lines: readonly Line[], blockZones: readonly string[]): TemplateSettings {
  return lines.map((line) => {
    const [className, type, ...zones] = argumentsOf(line);
    if (className === undefined || type === undefined) throw wrongCount(line.words.at(-1) ?? line.words[0]);
    if (!['IN', 'ANY'].includes(className.toUpperCase())) throw new CorefileError(`invalid query class ${className}`);
    const matches: RegExp[] = [];
    const sections = { answer: [] as Text[], authority: [] as Text[], additional: [] as Text[] };
    let code: CodeName = 'NOERROR';
    let fallthrough: readonly string[] = [];
    for (const option of line.block) {
      const [word] = option.words;
      const given = argumentsOf(option);
      if (given.length === 0 && word.text !== 'fallthrough') throw wrongCount(word);
      switch (word.text) {
        case 'match':
          matches.push(...given.map(pattern));
          break;
        case 'answer':
        case 'authority':
        case 'additional':
          sections[word.text].push(...given.map(textOf));
          break;
        case 'rcode': {
          const [name = ''] = counted(option, 1);
          if (!Object.hasOwn(codes, name)) throw new CorefileError(`unknown rcode ${name}`);
          code = name as CodeName;
          break;
        }
        case 'fallthrough':
          fallthrough = zonesGiven(option);
          break;
        default:
          throw unknownProperty(option);
      }
    }
    return {
      type: type.toUpperCase(),
      zones: zones.length > 0 ? zones.flatMap(zonesOfHost) : blockZones,
      matches: matches.length > 0 ? matches : [/.*/],
      code,
      answers: sections.answer,
      authority: sections.authority,
      additional: sections.additional,
      fallthrough,
    };
  });
}

/**
 * The expression between `{{` and `}}`: values of the query and of the match. Throws for other features of Go's
 * templates.
 */
function textOf(source: string): Text {
  const parts = source.split(/\{\{\s*(.*?)\s*\}\}/g);
  const values = parts.map((part, i): Text => (i % 2 === 0 ? () => part : valueText(part)));
  return (given) => values.map((value) => value(given)).join('');
}

function valueText(expression: string): Text {
  const [, group] = /^\.Group\.(\w+)$/.exec(expression) ?? [];
  if (group !== undefined) return ({ match }) => match.groups?.[group] ?? '';
  const [, index] = /^index \.Match (\d+)$/.exec(expression) ?? [];
  if (index !== undefined) return ({ match }) => match[Number(index)] ?? '';
  switch (expression) {
    case '.Name':
      return ({ query }) => absolute(query.name);
    case '.Zone':
      return ({ zone }) => absolute(zone);
    case '.Class':
      return () => 'IN';
    case '.Type':
      return ({ query }) => query.type;
    case '.Remote':
      return ({ query }) => query.client.address;
    default:
      throw new CorefileError(
        `"{{ ${expression} }}" is not part of this cluster DNS; .Name, .Zone, .Class, .Type, .Remote, .Group.NAME and index .Match NUMBER are`,
      );
  }
}

/** Answers that are made of the question. */
export function templatePlugin(settings: TemplateSettings): Plugin {
  return (next) => async (query) => {
    for (const template of settings) {
      const zone = zoneOf(query.name, template.zones);
      if (zone === undefined || (template.type !== 'ANY' && template.type !== query.type)) continue;
      const name = absolute(query.name);
      const match = template.matches.map((one) => one.exec(name)).find((found) => found !== null);
      if (!match) {
        if (template.fallthrough.some((one) => isInZone(query.name, one))) continue;
        return failed(query, 'template', 'no match');
      }
      const records = (texts: readonly Text[]): DnsRecord[] =>
        texts.map((text) => recordOf(text({ query, zone, match })));
      try {
        return authoritative(query, 'template', {
          code: template.code,
          answers: records(template.answers),
          authority: records(template.authority),
          additional: records(template.additional),
        });
      } catch (error) {
        return failed(query, 'template', (error as Error).message);
      }
    }
    return next(query);
  };
}

/** Parses a record in zone file format: `name 60 IN A 10.0.0.1`. */
function recordOf(line: string): DnsRecord {
  const words = line.match(/"(?:\\"|[^"])*"|[^\s()]+/g) ?? [];
  const [owner = '', ...rest] = words;
  const ttl = /^\d+$/.test(rest[0] ?? '') ? Number(rest.shift()) : 3600;
  if (rest[0]?.toUpperCase() === 'IN') rest.shift();
  const [type = '', ...data] = rest;
  const plain = (text = ''): string => text.replace(/(?<=.)\.$/, '');
  const name = plain(owner);
  const numbers = data.map(Number);
  switch (type.toUpperCase()) {
    case 'A':
    case 'AAAA':
    case 'CNAME':
    case 'PTR':
    case 'NS':
      return { type: type.toUpperCase() as 'A', name, ttl, data: plain(data[0]) };
    case 'TXT':
      return { type: 'TXT', name, ttl, data: data.map((text) => text.replaceAll(/^"|"$/g, '')).join('') };
    case 'MX':
      return { type: 'MX', name, ttl, data: { preference: numbers[0] ?? 0, exchange: plain(data[1]) } };
    case 'SRV': {
      const [priority = 0, weight = 0, port = 0] = numbers;
      return { type: 'SRV', name, ttl, data: { priority, weight, port, target: plain(data[3]) } };
    }
    case 'SOA': {
      const [, , serial = 0, refresh = 0, retry = 0, expire = 0, minimum = 0] = numbers;
      const soa = { mname: plain(data[0]), rname: plain(data[1]), serial, refresh, retry, expire, minimum };
      return { type: 'SOA', name, ttl, data: soa };
    }
    default:
      throw new CorefileError(`a record that cannot be read: ${line}`);
  }
}
