/** The bounds of a size or a cost, in upstream's units. */
export interface Range {
  readonly min: number;
  readonly max: number;
}

/** The upper limit: upstream counts in 64 bits and saturates there. */
const most = 2 ** 64;

const capped = (value: number): number => Math.min(value, most);

export const nothing: Range = { min: 0, max: 0 };
export const one: Range = { min: 1, max: 1 };
export const unknown: Range = { min: 0, max: most };

export const exactly = (value: number): Range => ({ min: value, max: value });

export const sum = (a: Range, b: Range): Range => ({ min: capped(a.min + b.min), max: capped(a.max + b.max) });

export const product = (a: Range, b: Range): Range => ({ min: capped(a.min * b.min), max: capped(a.max * b.max) });

/** Multiplies the range and rounds up. */
export const scaled = (range: Range, factor: number): Range => ({
  min: capped(Math.ceil(range.min * factor)),
  max: capped(Math.ceil(range.max * factor)),
});

/** The smallest range that contains both. */
export const union = (a: Range, b: Range): Range => ({ min: Math.min(a.min, b.min), max: Math.max(a.max, b.max) });

/** The cost of reading a string: a tenth of a unit per character. */
export const traversed = (size: Range): Range => scaled(size, 0.1);
