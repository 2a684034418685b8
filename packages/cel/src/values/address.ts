/** An address of IPv4 (32 bits) or IPv6 (128 bits). */
export interface Address {
  readonly bits: 32 | 128;
  readonly value: bigint;
}

/** Reads an address; undefined if it is none. Strict: no leading zeros, zones or IPv4 inside IPv6. */
export function parseAddress(text: string): Address | undefined {
  return text.includes(':') ? parseV6(text) : parseV4(text);
}

function parseV4(text: string): Address | undefined {
  const parts = text.split('.');
  if (parts.length !== 4 || !parts.every((part) => /^(?:0|[1-9]\d{0,2})$/.test(part) && Number(part) < 256)) {
    return undefined;
  }
  return { bits: 32, value: parts.reduce((sum, part) => sum * 256n + BigInt(part), 0n) };
}

function parseV6(text: string): Address | undefined {
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
export function addressText({ bits, value }: Address): string {
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

/** Keeps the first `length` bits. */
export function maskedValue({ bits, value }: Address, length: number): bigint {
  const host = BigInt(bits - length);
  return (value >> host) << host;
}
