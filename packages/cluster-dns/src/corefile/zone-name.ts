import { isIPv4, isIPv6 } from 'node:net';
import { CorefileError } from './word.ts';

/** Names and zones are in lower case, without the final dot; `.` is the zone of all names. */
export function zoneName(text: string): string {
  return text === '.' ? '.' : text.replace(/\.$/, '').toLowerCase();
}

export function isInZone(name: string, zone: string): boolean {
  return zone === '.' || name === zone || name.endsWith(`.${zone}`);
}

/** The longest of the zones that contain the name. */
export function zoneOf(name: string, zones: readonly string[]): string | undefined {
  const [zone] = zones.filter((one) => isInZone(name, one)).sort((a, b) => b.length - a.length);
  return zone;
}

/** CoreDNS's form, with a final dot. */
export function absolute(zone: string): string {
  return zone === '.' ? '.' : `${zone}.`;
}

interface ServedZones {
  readonly zones: readonly string[];
  readonly port: number | undefined;
}

/** The zones of a server block's key: `.:53`, `dns://example.org`, `10.0.0.0/24`. Throws a {@link CorefileError}. */
export function servedZones(key: string): ServedZones {
  const [, scheme, rest = ''] = /^(?:([a-z0-9]+):\/\/)?(.*)$/.exec(key) ?? [];
  if (scheme !== undefined && scheme !== 'dns')
    throw new CorefileError(`serving DNS by "${scheme}" is not part of this cluster DNS: "${key}"`);
  const [, host = '', portText] = /^(.*?)(?::(\d+))?$/.exec(rest) ?? [];
  const port = portText === undefined ? undefined : Number(portText);
  if (port !== undefined && port > 65_535) throw new CorefileError(`invalid port: "${portText}"`);
  if (host === '' || /[:\s]/.test(host.replace(/^[0-9a-f:]+\/\d+$/i, ''))) {
    throw new CorefileError(`not a valid domain name: "${key}"`);
  }
  return { zones: zonesOfHost(host), port };
}

/** The zone itself, or the reverse zones of a range of addresses. */
export function zonesOfHost(host: string): string[] {
  const [address = '', bits] = host.split('/');
  const size = Number(bits);
  if (bits === undefined || !Number.isInteger(size)) return [zoneName(host)];
  if (isIPv4(address)) return reverseZones(address.split('.').map(Number), { size, width: 8, suffix: 'in-addr.arpa' });
  if (isIPv6(address)) {
    const [head = '', tail = ''] = address.split('::');
    const groups = (text: string): string[] => (text === '' ? [] : text.split(':'));
    const missing = Array.from({ length: 8 - groups(head).length - groups(tail).length }, () => '0');
    const all = address.includes('::') ? [...groups(head), ...missing, ...groups(tail)] : groups(head);
    const digits = [...all.map((group) => group.padStart(4, '0')).join('')].map((digit) => Number.parseInt(digit, 16));
    return reverseZones(digits, { size, width: 4, suffix: 'ip6.arpa' });
  }
  return [zoneName(host)];
}

/** One zone for each value of the octet in which the range ends. */
function reverseZones(
  parts: readonly number[],
  { size, width, suffix }: { readonly size: number; readonly width: 4 | 8; readonly suffix: string },
): string[] {
  const text = (part: number): string => (width === 4 ? part.toString(16) : String(part));
  const whole = Math.floor(size / width);
  const named = parts.slice(0, whole).map(text).reverse();
  const free = size % width;
  if (free === 0) return [[...named, suffix].join('.')];
  const count = 2 ** (width - free);
  const first = (parts[whole] ?? 0) & ~(count - 1);
  return Array.from({ length: count }, (_, i) => [text(first + i), ...named, suffix].join('.'));
}
