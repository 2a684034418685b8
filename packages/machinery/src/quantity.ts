/** The format in which a quantity was written, and is written again: `1500m`, `2Gi`, `15e2`. */
export type QuantityFormat = 'DecimalSI' | 'BinarySI' | 'DecimalExponent';

/** An exact amount, in billionths: the API rounds anything finer up to that. */
export interface Quantity {
  readonly nanos: bigint;
  readonly format: QuantityFormat;
}

const nano = 1_000_000_000n;

export const zeroQuantity: Quantity = { nanos: 0n, format: 'DecimalSI' };

const powersOf10: Readonly<Record<string, number>> = {
  n: -9,
  u: -6,
  m: -3,
  '': 0,
  k: 3,
  M: 6,
  G: 9,
  T: 12,
  P: 15,
  E: 18,
};
const decimalSuffixes = new Map(Object.entries(powersOf10).map(([suffix, power]) => [power, suffix]));
const binarySuffixes = ['', 'Ki', 'Mi', 'Gi', 'Ti', 'Pi', 'Ei'];

/** The largest binary amount: larger ones count as this. */
const limit = (2n ** 63n - 1n) * nano;

const formatWrong = "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'";

interface Scale {
  readonly multiplier: bigint;
  readonly power10: number;
  readonly format: QuantityFormat;
}

function scaleOf(suffix: string): Scale {
  const power10 = powersOf10[suffix];
  if (power10 !== undefined) return { multiplier: 1n, power10, format: 'DecimalSI' };
  const binary = binarySuffixes.indexOf(suffix);
  if (binary > 0) return { multiplier: 1n << BigInt(binary * 10), power10: 0, format: 'BinarySI' };
  const exponent = /^[eE]([+-]?\d+)$/.exec(suffix);
  if (exponent === null) throw new Error("unable to parse quantity's suffix");
  // Far beyond the limit or below a billionth, all exponents mean the same.
  const bounded = Math.max(-1000, Math.min(1000, Number(exponent[1])));
  return { multiplier: 1n, power10: bounded, format: 'DecimalExponent' };
}

/** The form of nearly all quantities: short integers with a common suffix. */
const plainForm = /^(\d{1,9})(m|k|M|G|Ki|Mi|Gi)?$/;
const plainScales: Readonly<Record<string, { readonly nanos: bigint; readonly format: QuantityFormat }>> = {
  '': { nanos: nano, format: 'DecimalSI' },
  m: { nanos: 1_000_000n, format: 'DecimalSI' },
  k: { nanos: 1_000n * nano, format: 'DecimalSI' },
  M: { nanos: 1_000_000n * nano, format: 'DecimalSI' },
  G: { nanos: 1_000_000_000n * nano, format: 'DecimalSI' },
  Ki: { nanos: 1024n * nano, format: 'BinarySI' },
  Mi: { nanos: 1024n ** 2n * nano, format: 'BinarySI' },
  Gi: { nanos: 1024n ** 3n * nano, format: 'BinarySI' },
};

/** The same few texts occur again and again: in every pod of a workload, and at every look at a node. */
const recent = new Map<string, Quantity>();
const recentMax = 1000;

/** Reads a quantity; numbers are what a JSON document may hold instead. Throws an Error with upstream's message. */
export function parseQuantity(input: string | number): Quantity {
  const text = typeof input === 'number' ? String(input) : input;
  const known = recent.get(text);
  if (known) return known;
  const quantity = plainQuantity(text) ?? anyQuantity(text);
  if (recent.size >= recentMax) recent.clear();
  recent.set(text, quantity);
  return quantity;
}

function plainQuantity(text: string): Quantity | undefined {
  const found = plainForm.exec(text);
  const scale = found && plainScales[found[2] ?? ''];
  return scale ? { nanos: BigInt(found[1] as string) * scale.nanos, format: scale.format } : undefined;
}

function anyQuantity(text: string): Quantity {
  const found = /^([+-]?)([0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$/.exec(text);
  if (found === null) throw new Error(formatWrong);
  const [, sign, digits = '', suffix = ''] = found;
  const parts = /^(\d*)(?:\.(\d*))?$/.exec(digits);
  if (parts === null) throw new Error(formatWrong);
  const [, whole = '', fraction = ''] = parts;
  const { multiplier, power10, format } = scaleOf(suffix);
  if (whole === '' && fraction === '') throw new Error('unable to parse numeric part of quantity');
  const amount = scaled(BigInt(whole + fraction) * multiplier, 9 + power10 - fraction.length);
  const nanos = format === 'BinarySI' && amount > limit ? limit : amount;
  return {
    nanos: sign === '-' ? -nanos : nanos,
    // Less than one of a binary unit is written in thousandths.
    format: format === 'BinarySI' && nanos > 0n && nanos < nano ? 'DecimalSI' : format,
  };
}

/** `amount` times ten to the `power`, rounded up. */
function scaled(amount: bigint, power: number): bigint {
  return power >= 0 ? amount * 10n ** BigInt(power) : dividedUp(amount, 10n ** BigInt(-power));
}

/** Rounds away from zero, as upstream: small requests get the next larger unit. */
function dividedUp(amount: bigint, divisor: bigint): bigint {
  const quotient = amount / divisor;
  if (amount % divisor === 0n) return quotient;
  return amount > 0n ? quotient + 1n : quotient - 1n;
}

/** The canonical text: no fraction, the largest suffix that needs none. */
export function formatQuantity({ nanos, format }: Quantity): string {
  if (nanos === 0n) return '0';
  const magnitude = nanos < 0n ? -nanos : nanos;
  if (format === 'BinarySI' && magnitude >= 1024n * nano && nanos % nano === 0n) return formatBinary(nanos / nano);
  let [mantissa, power] = [nanos, -9];
  while (mantissa % 1000n === 0n && (format === 'DecimalExponent' || power < 18)) {
    mantissa /= 1000n;
    power += 3;
  }
  if (format !== 'DecimalExponent') return `${mantissa}${decimalSuffixes.get(power)}`;
  return power === 0 ? String(mantissa) : `${mantissa}e${power}`;
}

function formatBinary(value: bigint): string {
  let [mantissa, step] = [value, 0];
  while (mantissa % 1024n === 0n && step < binarySuffixes.length - 1) {
    mantissa /= 1024n;
    step++;
  }
  return `${mantissa}${binarySuffixes[step]}`;
}

/**
 * The form in which the API stores a quantity: `1000m` as `1`. As upstream, some that are not canonical are kept: `+1`,
 * `010`, `1E3`, `1.`, `1.500`.
 */
export function canonicalQuantity(input: string | number): string {
  // Most quantities of a cluster look like this and are canonical already.
  if (typeof input === 'string' && /^(?:[1-9]\d?|[1-9]\d?[MG]i|[1-9]\d?0m)$/.test(input)) return input;
  const quantity = parseQuantity(input);
  return isKept(String(input)) ? String(input) : formatQuantity(quantity);
}

/** The maximum number of digits with which upstream calculates a binary quantity in 64 bits, by suffix. */
const binaryDigits: Readonly<Record<string, number>> = { Ki: 11, Mi: 8, Gi: 5, Ti: 2 };

/**
 * Whether upstream keeps a valid quantity as written: a decimal one whose digits without leading zeros fit 64 bits, do
 * not end in three zeros and are not shortened by a larger suffix; a binary one that is not a multiple of eight.
 */
function isKept(text: string): boolean {
  const found = /^[+-]?0*(\d*)(?:\.(\d*))?(.*)$/.exec(text);
  if (!found) return false;
  const [, significant = '', fraction, suffix = ''] = found;
  if (suffix.endsWith('i'))
    return fraction === undefined && significant.length <= (binaryDigits[suffix] ?? 0) && Number(significant) % 8 !== 0;
  const power = powersOf10[suffix] ?? Number(suffix.slice(1));
  const scale = power - (fraction ?? '').length;
  const digits = significant + (fraction ?? '');
  return significant !== '' && digits.length <= 18 && scale >= -9 && scale % 3 === 0 && !digits.endsWith('000');
}

/** The sum, in the format of the first unless that is zero. */
export function addQuantities(a: Quantity, b: Quantity): Quantity {
  return { nanos: a.nanos + b.nanos, format: a.nanos === 0n ? b.format : a.format };
}

export function subtractQuantities(a: Quantity, b: Quantity): Quantity {
  return { nanos: a.nanos - b.nanos, format: a.nanos === 0n ? b.format : a.format };
}

/** Negative, zero or positive, as `a` is less than, equal to or more than `b`. */
export function compareQuantities(a: Quantity, b: Quantity): number {
  return a.nanos < b.nanos ? -1 : a.nanos > b.nanos ? 1 : 0;
}

export function maxQuantity(a: Quantity, b: Quantity): Quantity {
  return compareQuantities(a, b) >= 0 ? a : b;
}

export function quantityOf(value: number | bigint, format: QuantityFormat = 'DecimalSI'): Quantity {
  return { nanos: BigInt(value) * nano, format };
}

export function quantityOfMilli(value: number | bigint, format: QuantityFormat = 'DecimalSI'): Quantity {
  return { nanos: BigInt(value) * 1_000_000n, format };
}

const textValue = (quantity: Quantity | string): Quantity =>
  typeof quantity === 'string' ? parseQuantity(quantity) : quantity;

/** Whole units, rounded up. */
export function wholeValue(quantity: Quantity | string): number {
  if (typeof quantity === 'string' && /^\d{1,15}$/.test(quantity)) return Number(quantity);
  return Number(dividedUp(textValue(quantity).nanos, nano));
}

/** Thousandths, rounded up: CPU shares are counted in these. */
export function milliValue(quantity: Quantity | string): number {
  if (typeof quantity === 'string' && /^\d{1,12}m?$/.test(quantity)) {
    return quantity.endsWith('m') ? Number(quantity.slice(0, -1)) : Number(quantity) * 1000;
  }
  return Number(dividedUp(textValue(quantity).nanos, 1_000_000n));
}

/** The nearest double: for ratios and graphs, not for sums. */
export function approximateValue(quantity: Quantity | string): number {
  const { nanos } = textValue(quantity);
  return Number(nanos / nano) + Number(nanos % nano) / 1e9;
}
