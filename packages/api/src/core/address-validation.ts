import { invalidValue } from '@typernetes/machinery';
import type { Problems } from '../meta/field-checks.ts';

const octet = '(?:25[0-5]|2[0-4]\\d|1\\d\\d|[1-9]?\\d)';
const ipv4 = new RegExp(`^${octet}(?:\\.${octet}){3}$`);

/** Undefined if it is not an address. */
export function familyOf(address: string): 'IPv4' | 'IPv6' | undefined {
  if (ipv4.test(address)) return 'IPv4';
  return isIPv6(address) ? 'IPv6' : undefined;
}

function isIPv6(address: string): boolean {
  if (!address.includes(':') || address.includes('%')) return false;
  const halves = address.split('::');
  if (halves.length > 2) return false;
  let groups = 0;
  for (const [i, half] of halves.entries()) {
    if (half === '') continue;
    const parts = half.split(':');
    for (const [j, part] of parts.entries()) {
      const last = i === halves.length - 1 && j === parts.length - 1;
      if (last && ipv4.test(part)) groups += 2;
      else if (/^[0-9a-fA-F]{1,4}$/.test(part)) groups++;
      else return false;
    }
  }
  return halves.length === 2 ? groups < 8 : groups === 8;
}

const addressDetail = 'must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)';
const notExternal: readonly { readonly matches: RegExp; readonly detail: string }[] = [
  { matches: /^(0\.0\.0\.0|::)$/, detail: 'may not be unspecified (0.0.0.0)' },
  { matches: /^(127\.|::1$)/, detail: 'may not be in the loopback range (127.0.0.0/8, ::1/128)' },
  { matches: /^(169\.254\.|fe[89ab])/i, detail: 'may not be in the link-local range (169.254.0.0/16, fe80::/10)' },
  {
    matches: /^(224\.0\.0\.|ff.2:)/i,
    detail: 'may not be in the link-local multicast range (224.0.0.0/24, ff02::/10)',
  },
];

/**
 * Addresses or ranges that the stored object already has: the rules for their form became stricter, and stored values
 * may stay. Upstream: the `validOld…` of IsValidIPForLegacyField and IsValidCIDRForLegacyField.
 */
export type Stored = readonly (string | undefined)[];

/** Rules for addresses outside the cluster: endpoints, external IPs. */
export function* externalAddressProblems(address: string, at: string, stored: Stored = []): Problems {
  const malformed = [...addressProblems(address, at, stored)];
  yield* malformed;
  if (malformed.length > 0) return;
  const plain = withoutZeros(address);
  for (const { matches, detail } of notExternal) if (matches.test(plain)) yield invalidValue(at, address, detail);
}

/** Accepts any address whose form all programs read alike. */
export function* addressProblems(address: string, at: string, stored: Stored = []): Problems {
  if (stored.includes(address)) return;
  if (familyOf(address)) {
    if (isMapped(address)) yield invalidValue(at, address, 'must not be an IPv4-mapped IPv6 address');
  } else if (hasLeadingZeros(address)) yield invalidValue(at, address, 'must not have leading 0s');
  else yield invalidValue(at, address, addressDetail);
}

/** Whether it is an IPv4-mapped address, such as `::ffff:10.0.0.1`. */
export const isMapped = (address: string): boolean => {
  const groups = groupsOf(address);
  return groups?.length === 8 && groups.slice(0, 5).every((group) => group === 0) && groups[5] === 0xffff;
};

/** Whether it has leading zeros, such as `010.0.0.1`, which some programs read as octal. */
const hasLeadingZeros = (address: string): boolean => {
  const plain = withoutZeros(address);
  return plain !== address && familyOf(plain) === 'IPv4';
};
export const withoutZeros = (address: string): string => address.replace(/(^|\.)0+(?=\d)/g, '$1');

/** The family of an address in any form that was ever accepted. */
export const familyOfStored = (address: string): 'IPv4' | 'IPv6' | undefined =>
  familyOf(address) ?? familyOf(withoutZeros(address));

/** Rules for a range, such as `10.0.0.0/8`. */
export function* cidrProblems(cidr: string, at: string, stored: Stored = []): Problems {
  if (stored.includes(cidr)) return;
  const [address = '', bits = '', more] = cidr.split('/');
  const plainBits = bits.replace(/^0+(?=\d)/, '');
  const zeros = plainBits !== bits || hasLeadingZeros(address);
  const family = hasLeadingZeros(address) ? 'IPv4' : familyOf(address);
  const max = family === 'IPv4' ? 32 : 128;
  if (!family || more !== undefined || !/^\d{1,3}$/.test(plainBits) || Number(plainBits) > max) {
    yield invalidValue(at, cidr, 'must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)');
    return;
  }
  if (zeros) yield invalidValue(at, cidr, 'must not have leading 0s in IP or prefix length');
  else if (isMapped(address)) yield invalidValue(at, cidr, 'must not have an IPv4-mapped IPv6 address');
  else if (hasHostBits(address, Number(bits))) {
    yield invalidValue(at, cidr, 'must not have bits set beyond the prefix length');
  }
}

/** Rules for an interface address with its network's prefix length, in canonical form: `10.9.8.7/24`. */
export function* interfaceAddressProblems(value: string, at: string): Problems {
  const [address = '', bits = '', more] = value.split('/');
  const known = familyOf(address) ? address : hasLeadingZeros(address) ? withoutZeros(address) : undefined;
  const prefix = /^\d{1,3}$/.test(bits) ? Number(bits) : Number.POSITIVE_INFINITY;
  if (!known || more !== undefined || prefix > (known.includes(':') ? 128 : 32)) {
    yield invalidValue(at, value, 'must be a valid address in CIDR form, (e.g. 10.9.8.7/24 or 2001:db8::1/64)');
    return;
  }
  const inner = isMapped(known) ? mappedAddress(known) : undefined;
  const length = inner && prefix > 32 ? prefix - 96 : prefix;
  const canonical = `${inner ?? canonicalAddress(known)}/${length}`;
  if (value !== canonical) yield invalidValue(at, value, `must be in canonical form ("${canonical}")`);
}

/** The IPv4 address inside a mapped one. */
export function mappedAddress(address: string): string {
  const [high = 0, low = 0] = (groupsOf(address) ?? []).slice(6);
  return [high >> 8, high & 255, low >> 8, low & 255].join('.');
}

export function hasHostBits(address: string, prefix: number): boolean {
  const groups = groupsOf(address) ?? [];
  const width = groups.length === 4 ? 8 : 16;
  return groups.some((group, i) => {
    const free = Math.min(width, Math.max(0, (i + 1) * width - prefix));
    return (group & (2 ** free - 1)) !== 0;
  });
}

/** The four or eight numbers of an address; undefined if it is not one. */
export function groupsOf(address: string): number[] | undefined {
  const family = familyOf(address);
  if (!family) return undefined;
  if (family === 'IPv4') return address.split('.').map(Number);
  const [head = '', tail] = address.replace(/\d+\.\d+\.\d+\.\d+$/, hexOfIPv4).split('::');
  const numbers = (half: string): number[] => (half ? half.split(':').map((group) => Number.parseInt(group, 16)) : []);
  if (tail === undefined) return numbers(head);
  const [before, after] = [numbers(head), numbers(tail)];
  return [...before, ...new Array<number>(8 - before.length - after.length).fill(0), ...after];
}

function hexOfIPv4(address: string): string {
  const [a = 0, b = 0, c = 0, d = 0] = address.split('.').map(Number);
  return `${(a * 256 + b).toString(16)}:${(c * 256 + d).toString(16)}`;
}

/** The canonical form of an address: lower case, with the longest run of zero groups elided. */
export function canonicalAddress(address: string): string | undefined {
  const groups = groupsOf(address);
  if (groups?.length !== 8) return groups?.join('.');
  const { start, length } = longestZeroRun(groups);
  const text = (part: readonly number[]): string => part.map((group) => group.toString(16)).join(':');
  return length < 2 ? text(groups) : `${text(groups.slice(0, start))}::${text(groups.slice(start + length))}`;
}

function longestZeroRun(groups: readonly number[]): { start: number; length: number } {
  let best = { start: 0, length: 0 };
  let length = 0;
  for (const [i, group] of groups.entries()) {
    length = group === 0 ? length + 1 : 0;
    if (length > best.length) best = { start: i - length + 1, length };
  }
  return best;
}
