import { counted, once } from '../corefile/arguments.ts';
import type { Line } from '../corefile/server-blocks.ts';
import { zoneOf } from '../corefile/zone-name.ts';
import { codes } from '../wire/message.ts';
import type { DnsRecord } from '../zone/record.ts';
import { type Plugin, plainReply, type Query, type Reply } from './query.ts';

/** `local` */
export function parseLocal(lines: readonly Line[]): true {
  counted(once(lines), 0);
  return true;
}

const zones = ['localhost', '0.in-addr.arpa', '127.in-addr.arpa', '255.in-addr.arpa'];
/** A week. */
const ttl = 604_800;

/** Answers for names that mean each machine itself, so that nobody elsewhere is asked for them. */
export function localPlugin({ onLocalhost }: { readonly onLocalhost?: () => void } = {}): Plugin {
  return (next) => async (query) => {
    const { name } = query;
    // What a resolver with search domains makes of `localhost` as well.
    if (name.endsWith('.localhost') || name.startsWith('localhost.')) {
      onLocalhost?.();
      return loopback(query, name);
    }
    const zone = zoneOf(name, zones);
    if (zone === undefined) return next(query);
    if (name === 'localhost') return loopback(query, zone);
    if (name === '1.0.0.127.in-addr.arpa' && query.type === 'PTR')
      return answered(query, { type: 'PTR', data: 'localhost' });
    if (name === '1.0.0.127.in-addr.arpa') return denied(query, zone, codes.NOERROR);
    return name === zone ? apex(query, zone) : denied(query, zone, codes.NXDOMAIN);
  };
}

function loopback(query: Query, zone: string): Reply {
  if (query.type === 'A') return answered(query, { type: 'A', data: '127.0.0.1' });
  if (query.type === 'AAAA') return answered(query, { type: 'AAAA', data: '::1' });
  return zone === 'localhost' ? apex(query, zone) : denied(query, zone, codes.NOERROR);
}

function apex(query: Query, zone: string): Reply {
  if (query.type === 'SOA') return plainReply(query, 'local', { answers: [soa(zone)] });
  if (query.type === 'NS') return answered(query, { type: 'NS', data: 'localhost' });
  return denied(query, zone, codes.NOERROR);
}

function answered(query: Query, record: { readonly type: 'A' | 'AAAA' | 'PTR' | 'NS'; readonly data: string }): Reply {
  return plainReply(query, 'local', { answers: [{ ...record, name: query.question.name, ttl } as DnsRecord] });
}

function denied(query: Query, zone: string, code: number): Reply {
  return plainReply(query, 'local', { code, authority: [soa(zone)] });
}

function soa(zone: string): DnsRecord {
  const data = {
    mname: 'localhost',
    rname: 'root.localhost',
    serial: 1,
    refresh: 0,
    retry: 0,
    expire: 0,
    minimum: ttl,
  };
  return { type: 'SOA', name: zone, ttl, data };
}
