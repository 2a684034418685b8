/** What a size or a cost is at least and at most, in upstream's units. */
export interface Range {
  readonly min: number;
  readonly max: number;
}

/** Nothing is larger: upstream counts in 64 bits and stops there. */
const most = 2 ** 64;

const capped = (value: number): number => Math.min(value, most);

export const nothing: Range = { min: 0, max: 0 };
export const one: Range = { min: 1, max: 1 };
export const unknown: Range = { min: 0, max: most };

export const exactly = (value: number): Range => ({ min: value, max: value });

export const sum = (a: Range, b: Range): Range => ({ min: capped(a.min + b.min), max: capped(a.max + b.max) });

export const product = (a: Range, b: Range): Range => ({ min: capped(a.min * b.min), max: capped(a.max * b.max) });

/** Rounded up. */
export const scaled = (range: Range, factor: number): Range => ({
  min: capped(Math.ceil(range.min * factor)),
  max: capped(Math.ceil(range.max * factor)),
});

/** The smallest range that holds both. */
export const union = (a: Range, b: Range): Range => ({ min: Math.min(a.min, b.min), max: Math.max(a.max, b.max) });

/** A tenth of a unit for each character read. */
export const traversed = (size: Range): Range => scaled(size, 0.1);
