import { goQuote } from '@typernetes/machinery';
import {
  canonicalAddress,
  familyOf,
  groupsOf,
  hasHostBits,
  isMapped,
  mappedAddress,
  withoutZeros,
} from './address-validation.ts';

/** Warns of deprecated forms of addresses and of forms other than RFC 5952. Upstream: GetWarningsForIP. */
export function* addressWarnings(address: string, at: string): Iterable<string> {
  const known = familyOf(address) ? address : withoutZeros(address);
  if (!familyOf(known)) return;
  if (known !== address || isMapped(known)) {
    yield `${at}: non-standard IP address ${goQuote(address)} will be considered invalid in a future Kubernetes release: use ${goQuote(goForm(known))}`;
    return;
  }
  const canonical = goForm(address);
  if (familyOf(address) === 'IPv6' && canonical !== address)
    yield `${at}: IPv6 address ${goQuote(address)} should be in RFC 5952 canonical format (${goQuote(canonical)})`;
}

/** The same for ranges, and for ranges with bits set beyond their prefix. Upstream: GetWarningsForCIDR. */
export function* cidrWarnings(cidr: string, at: string): Iterable<string> {
  const [address = '', bits = ''] = cidr.split('/');
  const known = familyOf(address) ? address : withoutZeros(address);
  const prefix = Number(bits);
  if (!familyOf(known) || !/^\d+$/.test(bits)) return;
  const range = networkOf(known, prefix);
  const ambiguous = hasHostBits(known, prefix);
  if (ambiguous) {
    const single = `${goForm(known)}/${familyOf(known) === 'IPv4' ? 32 : 128}`;
    yield `${at}: CIDR value ${goQuote(cidr)} is ambiguous in this context (should be ${goQuote(range)} or ${goQuote(single)}?)`;
  }
  const strange = known !== address || bits !== String(prefix) || isMapped(known);
  if (strange)
    yield `${at}: non-standard CIDR value ${goQuote(cidr)} will be considered invalid in a future Kubernetes release: use ${goQuote(range)}`;
  if (!ambiguous && !strange && familyOf(known) === 'IPv6' && range !== cidr)
    yield `${at}: IPv6 CIDR value ${goQuote(cidr)} should be in RFC 5952 canonical format (${goQuote(range)})`;
}

/** The form of Go's net.IP: a mapped address is written as the IPv4 address inside. */
function goForm(address: string): string {
  return isMapped(address) ? mappedAddress(address) : (canonicalAddress(address) ?? address);
}

function networkOf(address: string, prefix: number): string {
  const groups = groupsOf(address) ?? [];
  const width = groups.length === 4 ? 8 : 16;
  const kept = groups.map((group, i) => {
    const free = Math.min(width, Math.max(0, (i + 1) * width - prefix));
    return group - (group % 2 ** free);
  });
  const text = groups.length === 4 ? kept.join('.') : kept.map((group) => group.toString(16)).join(':');
  return isMapped(text) ? `${mappedAddress(text)}/${prefix - 96}` : `${canonicalAddress(text)}/${prefix}`;
}
