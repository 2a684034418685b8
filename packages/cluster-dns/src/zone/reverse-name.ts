import { ipAddressText, parseIpAddress } from '@typernetes/base';

const zones = { IPv4: '.in-addr.arpa', IPv6: '.ip6.arpa' } as const;

export function isReverseName(name: string): boolean {
  return name.endsWith(zones.IPv4) || name.endsWith(zones.IPv6);
}

/** The address in a reverse name: octets of IPv4, half octets of IPv6, last one first. */
export function addressIn(name: string): string | undefined {
  const zone = name.endsWith(zones.IPv4) ? zones.IPv4 : zones.IPv6;
  const parts = name.slice(0, -zone.length).split('.').reverse();
  const text = zone === zones.IPv4 ? parts.join('.') : (parts.join('').match(/.{4}/g) ?? []).join(':');
  const whole = zone === zones.IPv4 || (parts.length === 32 && parts.every((part) => /^[0-9a-f]$/.test(part)));
  // Addresses of IPv6 are read without zeros in front.
  const address = whole ? parseIpAddress(text.replaceAll(/(^|:)0{1,3}(?=[0-9a-f])/g, '$1')) : undefined;
  return address && ipAddressText(address);
}
