import { invalidValue } from '@typernetes/machinery';
import type { Problems } from '../meta/field-checks.ts';

const octet = '(?:25[0-5]|2[0-4]\\d|1\\d\\d|[1-9]?\\d)';
const ipv4 = new RegExp(`^${octet}(?:\\.${octet}){3}$`);

/** Undefined for what is no address. */
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

const notExternal: readonly { readonly matches: RegExp; readonly detail: string }[] = [
  { matches: /^(0\.0\.0\.0|::)$/, detail: 'may not be unspecified (0.0.0.0)' },
  { matches: /^(127\.|::1$)/, detail: 'may not be in the loopback range (127.0.0.0/8, ::1/128)' },
  { matches: /^(169\.254\.|fe[89ab])/i, detail: 'may not be in the link-local range (169.254.0.0/16, fe80::/10)' },
  {
    matches: /^(224\.0\.0\.|ff.2:)/i,
    detail: 'may not be in the link-local multicast range (224.0.0.0/24, ff02::/10)',
  },
];

/** An address of something outside: endpoints, external IPs. */
export function* externalAddressProblems(address: string, at: string): Problems {
  if (!familyOf(address)) {
    yield invalidValue(at, address, 'must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)');
    return;
  }
  for (const { matches, detail } of notExternal) if (matches.test(address)) yield invalidValue(at, address, detail);
}

/** `10.0.0.0/8` */
export function* cidrProblems(cidr: string, at: string): Problems {
  const [address = '', bits = '', more] = cidr.split('/');
  const family = familyOf(address);
  const max = family === 'IPv4' ? 32 : 128;
  if (!family || more !== undefined || !/^\d{1,3}$/.test(bits) || Number(bits) > max) {
    yield invalidValue(at, cidr, 'must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)');
  }
}
