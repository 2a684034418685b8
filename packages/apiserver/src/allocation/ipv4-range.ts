/** The addresses of an IPv4 range, as numbers. */
export interface Ipv4Range {
  readonly text: string;
  /** The network address itself is no service's. */
  readonly first: number;
  readonly last: number;
}

/** Undefined when it is not `a.b.c.d/n`. */
export function parseIpv4Range(text: string): Ipv4Range | undefined {
  const [, address = '', bits = ''] = /^(\d+\.\d+\.\d+\.\d+)\/(\d+)$/.exec(text) ?? [];
  const base = parseIpv4(address);
  const length = Number(bits);
  if (base === undefined || bits === '' || length > 30) return undefined;
  const size = 2 ** (32 - length);
  const network = base - (base % size);
  return { text, first: network + 1, last: network + size - 2 };
}

export function parseIpv4(text: string): number | undefined {
  const parts = text.split('.').map(Number);
  if (parts.length !== 4 || parts.some((part) => !Number.isInteger(part) || part < 0 || part > 255)) return undefined;
  return parts.reduce((number, part) => number * 256 + part, 0);
}

export function formatIpv4(value: number): string {
  return [24, 16, 8, 0].map((shift) => Math.floor(value / 2 ** shift) % 256).join('.');
}
