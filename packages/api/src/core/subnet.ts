/** An address range as numbers; the number of bits of an address tells the family. */
interface Subnet {
  readonly bits: 32 | 128;
  readonly address: bigint;
  readonly prefix: number;
}

/** Whether `inner` lies within `outer` and is smaller. Undefined if one of them is not a range. */
export function isStrictSubset(inner: string, outer: string): boolean | undefined {
  const [small, large] = [parseSubnet(inner), parseSubnet(outer)];
  if (!small || !large) return undefined;
  if (small.bits !== large.bits || small.prefix <= large.prefix) return false;
  const shift = BigInt(large.bits - large.prefix);
  return small.address >> shift === large.address >> shift;
}

function parseSubnet(text: string): Subnet | undefined {
  const [host = '', length = ''] = text.split('/');
  const address = host.includes(':') ? parseSix(host) : parseFour(host);
  const bits = host.includes(':') ? 128 : 32;
  if (address === undefined || !/^\d+$/.test(length) || Number(length) > bits) return undefined;
  return { bits, address, prefix: Number(length) };
}

function parseFour(text: string): bigint | undefined {
  const parts = text.split('.');
  if (parts.length !== 4 || !parts.every((part) => /^\d{1,3}$/.test(part) && Number(part) < 256)) return undefined;
  return parts.reduce((sum, part) => (sum << 8n) | BigInt(Number(part)), 0n);
}

function parseSix(text: string): bigint | undefined {
  const halves = text.split('::').map((half) => half.split(':').filter((part) => part !== ''));
  const [head = [], tail = []] = halves;
  const missing = 8 - head.length - tail.length;
  if (halves.length > 2 || (halves.length === 1 ? missing !== 0 : missing < 1)) return undefined;
  const parts = [...head, ...Array<string>(halves.length === 1 ? 0 : missing).fill('0'), ...tail];
  if (!parts.every((part) => /^[0-9a-f]{1,4}$/i.test(part))) return undefined;
  return parts.reduce((sum, part) => (sum << 16n) | BigInt(`0x${part}`), 0n);
}
