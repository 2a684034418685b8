import { readFileSync } from 'node:fs';
import { codeOf as errorCode, messageOf } from '@typernetes/base';
import { decode, encode } from 'dns-packet';
import { argumentsOf, once } from '../corefile/arguments.ts';
import type { Line } from '../corefile/server-blocks.ts';
import { CorefileError } from '../corefile/word.ts';
import { isInZone, zoneName, zoneOf, zonesOfHost } from '../corefile/zone-name.ts';
import { codeOf, codes } from '../wire/message.ts';
import type { ClusterView } from '../zone/zone.ts';
import { asking, clientAddress, type Plugin, type Query } from './query.ts';

export interface AutopathSettings {
  readonly zones: readonly string[];
  /** Where clients look for a name in turn, or the plugin that knows it of each client. */
  readonly search: readonly string[] | { readonly plugin: string };
}

/** `autopath [ZONE...] RESOLV-CONF`, the last being a file or `@kubernetes`. */
export function parseAutopath(lines: readonly Line[], blockZones: readonly string[]): AutopathSettings {
  const given = argumentsOf(once(lines));
  const source = given.at(-1);
  if (source === undefined) throw new CorefileError('no resolv-conf specified');
  const zones = given.slice(0, -1).flatMap(zonesOfHost);
  const search = source.startsWith('@') ? { plugin: source.slice(1) } : searchOf(source);
  return { zones: zones.length > 0 ? zones : blockZones, search };
}

/** The `search` of a file in the form of resolv.conf. */
function searchOf(path: string): string[] {
  try {
    return searchDomains(readFileSync(path, 'utf8'));
  } catch (error) {
    const why = errorCode(error) === 'ENOENT' ? `open ${path}: no such file or directory` : messageOf(error);
    throw new CorefileError(`failed to parse ${JSON.stringify(path)}: ${why}`);
  }
}

/** The last line of `search` or `domain` counts. */
export function searchDomains(resolvConf: string): string[] {
  const said = [...resolvConf.matchAll(/^\s*(?:search|domain)\s+(.*)$/gm)].at(-1)?.[1] ?? '';
  return said.split(/\s+/).filter(Boolean).map(zoneName);
}

/** The domains in which a client looks; undefined for one that nothing is known of. */
export type SearchPath = (query: Query) => readonly string[] | undefined;

/** What kubelets give to the pod that asks, if it is one: the domains of its namespace, then those of the machine. */
export function podSearch(zones: readonly string[], view: ClusterView, own: readonly string[]): SearchPath {
  return (query) => {
    const zone = zoneOf(query.name, zones);
    const namespace = zone === undefined ? undefined : view.namespaceOfPod(clientAddress(query));
    if (zone === undefined || namespace === undefined) return undefined;
    const below = (domain: string): string => (zone === '.' ? domain : `${domain}.${zone}`);
    return [below(`${namespace}.svc`), below('svc'), zone, ...own];
  };
}

/**
 * Looks in the place of the client where the client would look next. The first name that is there is the answer, by an alias of what was asked; where
 * none is, the client is told so of the first and goes on by itself.
 */
export function autopathPlugin({ zones }: AutopathSettings, searchPath: SearchPath): Plugin {
  return (next) => async (query) => {
    const domains = zones.some((zone) => isInZone(query.name, zone)) ? searchPath(query) : undefined;
    const [first] = domains ?? [];
    if (domains === undefined || first === undefined || first === '.' || !query.name.endsWith(`.${first}`))
      return next(query);
    const base = query.question.name.slice(0, -first.length - 1);
    const asIs = await next(query);
    if (!isDenied(asIs.message)) return asIs;
    for (const domain of [...domains.slice(1), '.']) {
      const reply = await next(asking(query, domain === '.' ? base : `${base}.${domain}`));
      if (reply.error !== undefined) return reply;
      if (!isDenied(reply.message) && isAnswer(reply.message))
        return { ...reply, message: aliased(reply.message, query) };
    }
    return asIs;
  };
}

const isDenied = (message: Buffer): boolean => codeOf(message) === codes.NXDOMAIN;

/** What CoreDNS writes to clients: of all others the server itself makes an answer. */
const isAnswer = (message: Buffer): boolean => codeOf(message) === codes.NOERROR;

function aliased(message: Buffer, { question }: Query): Buffer {
  const packet = decode(message);
  const answers = packet.answers ?? [];
  const other = answers.find(({ name }) => name.toLowerCase() !== question.name.toLowerCase());
  const ttl = other && 'ttl' in other ? (other.ttl ?? 0) : 0;
  const alias = other && { type: 'CNAME' as const, class: 'IN' as const, name: question.name, ttl, data: other.name };
  return encode({ ...packet, questions: [question], answers: alias ? [alias, ...answers] : answers });
}
