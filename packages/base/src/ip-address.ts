/** An address of IPv4 (32 bits) or IPv6 (128 bits). */
export interface IpAddress {
  readonly bits: 32 | 128;
  readonly value: bigint;
}

/** All addresses that begin with the same `prefix` bits. */
export interface IpRange {
  readonly bits: 32 | 128;
  /** The network address: the first of the range. */
  readonly first: bigint;
  readonly last: bigint;
  readonly prefix: number;
}

/** Parses an address; undefined if it is invalid. Strict: no leading zeros, zones or IPv4 inside IPv6. */
export function parseIpAddress(text: string): IpAddress | undefined {
  return text.includes(':') ? parseV6(text) : parseV4(text);
}

function parseV4(text: string): IpAddress | undefined {
  const parts = text.split('.');
  if (parts.length !== 4 || !parts.every((part) => /^(?:0|[1-9]\d{0,2})$/.test(part) && Number(part) < 256)) {
    return undefined;
  }
  return { bits: 32, value: parts.reduce((sum, part) => sum * 256n + BigInt(part), 0n) };
}

function parseV6(text: string): IpAddress | undefined {
  const halves = text.split('::');
  if (halves.length > 2) return undefined;
  const groups = halves.map((half) => (half === '' ? [] : half.split(':')));
  const [head = [], tail] = groups;
  const all = [...head, ...(tail ?? [])];
  if (!all.every((group) => /^[0-9a-fA-F]{1,4}$/.test(group))) return undefined;
  const missing = 8 - all.length;
  if (tail ? missing < 1 : missing !== 0) return undefined;
  const full = tail ? [...head, ...Array<string>(missing).fill('0'), ...tail] : all;
  return { bits: 128, value: full.reduce((sum, group) => sum * 65536n + BigInt(`0x${group}`), 0n) };
}

/** In canonical form. */
export function ipAddressText({ bits, value }: IpAddress): string {
  if (bits === 32) return [24n, 16n, 8n, 0n].map((shift) => (value >> shift) & 255n).join('.');
  const groups = Array.from({ length: 8 }, (_group, i) => (value >> BigInt(112 - 16 * i)) & 65535n);
  let [from, length] = [-1, 1];
  for (let i = 0; i < 8; i++) {
    let end = i;
    while (end < 8 && groups[end] === 0n) end++;
    if (end - i > length) [from, length] = [i, end - i];
  }
  const hex = groups.map((group) => group.toString(16));
  if (from < 0) return hex.join(':');
  return `${hex.slice(0, from).join(':')}::${hex.slice(from + length).join(':')}`;
}

/** Parses `address/prefix`; undefined if it is invalid. Host bits are dropped. */
export function parseIpRange(text: string): IpRange | undefined {
  const [address = '', length = '', more] = text.split('/');
  const parsed = parseIpAddress(address);
  if (!parsed || more !== undefined || !/^(0|[1-9]\d{0,2})$/.test(length)) return undefined;
  const prefix = Number(length);
  if (prefix > parsed.bits) return undefined;
  const free = BigInt(parsed.bits - prefix);
  const first = (parsed.value >> free) << free;
  return { bits: parsed.bits, first, last: first + (1n << free) - 1n, prefix };
}

export function ipRangeText({ bits, first, prefix }: IpRange): string {
  return `${ipAddressText({ bits, value: first })}/${prefix}`;
}

export function rangesOverlap(a: IpRange, b: IpRange): boolean {
  return a.bits === b.bits && a.first <= b.last && b.first <= a.last;
}

/** The two families that Services and nodes speak of. */
export type IpFamily = 'IPv4' | 'IPv6';

export const ipFamilyOf = ({ bits }: { bits: 32 | 128 }): IpFamily => (bits === 32 ? 'IPv4' : 'IPv6');

const within = (...texts: string[]): ((address: IpAddress) => boolean) => {
  const ranges = texts.flatMap((text) => parseIpRange(text) ?? []);
  return ({ bits, value }) =>
    ranges.some((range) => range.bits === bits && range.first <= value && value <= range.last);
};
const isSpecial = within(
  '0.0.0.0/32',
  '127.0.0.0/8',
  '169.254.0.0/16',
  '224.0.0.0/4',
  '255.255.255.255/32',
  '::/128',
  '::1/128',
  'fe80::/10',
  'ff00::/8',
);

/**
 * An address of a host, private networks included: not unspecified, loopback, link-local, multicast or broadcast (Go:
 * `net.IP`).
 */
export const isGlobalUnicast = (address: IpAddress): boolean => !isSpecial(address);
