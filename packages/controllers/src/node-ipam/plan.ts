/** An IPv4 range: its first address as a number, and its prefix length. */
export interface Range {
  readonly start: number;
  readonly prefix: number;
}

/** Throws when the text is not an IPv4 range. */
export function parseRange(text: string): Range {
  const match = /^(\d+)\.(\d+)\.(\d+)\.(\d+)\/(\d+)$/.exec(text);
  const [a, b, c, d, prefix] = (match ?? []).slice(1).map(Number);
  if (a === undefined || b === undefined || c === undefined || d === undefined || prefix === undefined || prefix > 32)
    throw new Error(`invalid CIDR address: ${text}`);
  const size = 2 ** (32 - prefix);
  const start = a * 2 ** 24 + b * 2 ** 16 + c * 2 ** 8 + d;
  return { start: start - (start % size), prefix };
}

export function formatRange({ start, prefix }: Range): string {
  const octets = [24, 16, 8, 0].map((shift) => Math.floor(start / 2 ** shift) % 256);
  return `${octets.join('.')}/${prefix}`;
}

const overlaps = (a: Range, b: Range): boolean =>
  a.start < b.start + 2 ** (32 - b.prefix) && b.start < a.start + 2 ** (32 - a.prefix);

/** The first range of the given size inside `whole` that touches none of the taken ones; undefined when all are used up. */
export function firstFreeRange(whole: Range, maskSize: number, taken: readonly Range[]): Range | undefined {
  const size = 2 ** (32 - maskSize);
  const end = whole.start + 2 ** (32 - whole.prefix);
  const used = new Set(taken.filter((range) => range.prefix === maskSize).map((range) => range.start));
  const others = taken.filter((range) => range.prefix !== maskSize);
  for (let start = whole.start; start + size <= end; start += size) {
    const range = { start, prefix: maskSize };
    if (!used.has(start) && !others.some((other) => overlaps(range, other))) return range;
  }
  return undefined;
}
