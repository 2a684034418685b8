import type { Answer } from 'dns-packet';
import { isInZone } from '../corefile/zone-name.ts';

/** The records of one zone by their names, with the names between them and the zone, at which there is nothing. */
export interface ZoneData {
  readonly zone: string;
  readonly serial: number;
  readonly names: ReadonlyMap<string, readonly Answer[]>;
}

export interface ZoneReply {
  readonly code: 'NOERROR' | 'NXDOMAIN';
  /** The zone hands the name on to other servers, and has no say in it. */
  readonly isReferral?: boolean;
  readonly answers: readonly Answer[];
  readonly authority: readonly Answer[];
  readonly additional: readonly Answer[];
  /** The name that the last answer leads to, where it is to be asked for. */
  readonly leadsTo?: string;
}

/** Undefined for a zone that does not begin with its SOA record. */
export function zoneData(records: readonly Answer[], zone: string): ZoneData | undefined {
  const names = new Map<string, Answer[]>();
  for (const record of records) {
    if (!isInZone(record.name, zone)) continue;
    names.set(record.name, [...(names.get(record.name) ?? []), record]);
    for (let above = parentOf(record.name); isInZone(above, zone) && !names.has(above); above = parentOf(above))
      names.set(above, []);
  }
  const soa = names.get(zone)?.find(({ type }) => type === 'SOA');
  return soa && { zone, names, serial: (dataOf(soa) as { readonly serial: number }).serial };
}

const parentOf = (name: string): string => name.slice(name.indexOf('.') + 1 || name.length) || '.';
const dataOf = (record: Answer): unknown => ('data' in record ? record.data : undefined);

/** What the zone says of a name in it, in lower case; answers bear the name as it was asked for. */
export function lookUp(data: ZoneData, name: string, type: string, asked: string = name): ZoneReply {
  const apex = data.names.get(data.zone) ?? [];
  const none = (code: ZoneReply['code']): ZoneReply => ({
    code,
    answers: [],
    authority: apex.filter((record) => record.type === 'SOA'),
    additional: [],
  });
  const referral = delegationOf(data, name);
  if (referral)
    return {
      code: 'NOERROR',
      isReferral: true,
      answers: [],
      authority: referral,
      additional: addressesOf(data, referral),
    };
  const records = data.names.get(name) ?? wildcardOf(data, name);
  if (!records) return none('NXDOMAIN');
  const alias = records.find((record) => record.type === 'CNAME');
  const chosen = records.filter((record) => record.type === type);
  const found = (chosen.length > 0 || !alias ? chosen : [alias]).map((record) => ({ ...record, name: asked }));
  if (found.length === 0) return none('NOERROR');
  const isAlias = chosen.length === 0 && alias !== undefined;
  return {
    code: 'NOERROR',
    answers: found,
    authority: type === 'NS' && name === data.zone ? [] : apex.filter((record) => record.type === 'NS'),
    additional: addressesOf(data, found),
    ...(isAlias ? { leadsTo: String(dataOf(alias)) } : {}),
  };
}

/** The name servers of the first name between the zone and this one that has some of its own. */
function delegationOf({ zone, names }: ZoneData, name: string): Answer[] | undefined {
  const labels = zone === '.' ? name.split('.') : name.slice(0, -zone.length - 1).split('.');
  for (let at = labels.length - 1; at >= 0 && name !== zone; at--) {
    const above = [...labels.slice(at), ...(zone === '.' ? [] : [zone])].join('.');
    const servers = names.get(above)?.filter(({ type }) => type === 'NS') ?? [];
    if (servers.length > 0) return servers;
  }
  return undefined;
}

/** Below the longest name that is there, what stands for all that are not (RFC 4592). */
function wildcardOf({ zone, names }: ZoneData, name: string): readonly Answer[] | undefined {
  for (let above = parentOf(name); isInZone(above, zone); above = parentOf(above)) {
    if (names.has(above)) return names.get(above === '.' ? '*' : `*.${above}`);
    if (above === '.') break;
  }
  return undefined;
}

function addressesOf({ names }: ZoneData, records: readonly Answer[]): Answer[] {
  const targets = records.flatMap((record) => {
    if (record.type === 'NS') return [record.data];
    if (record.type === 'MX') return [record.data.exchange];
    return record.type === 'SRV' ? [record.data.target] : [];
  });
  return [...new Set(targets)].flatMap((target) =>
    (names.get(target) ?? []).filter(({ type }) => type === 'A' || type === 'AAAA'),
  );
}
