import { goQuote } from './quote.ts';

/** A number, or a percentage such as `25%`; ports also take names. */
export type IntOrString = number | string;

/** The number for `value` out of `total`; percentages are rounded as requested. Throws on any other string. */
export function resolveIntOrPercent(value: IntOrString, options: { total: number; roundUp: boolean }): number {
  if (typeof value === 'number') return value;
  if (!value.endsWith('%')) throw new Error('invalid value for IntOrString: invalid type: string is not a percentage');
  const digits = value.slice(0, -1);
  if (!/^[+-]?\d+$/.test(digits)) {
    const why = `strconv.Atoi: parsing ${goQuote(digits)}: invalid syntax`;
    throw new Error(`invalid value for IntOrString: invalid value ${goQuote(value)}: ${why}`);
  }
  const exact = (Number(digits) * options.total) / 100;
  return options.roundUp ? Math.ceil(exact) : Math.floor(exact);
}

export function isPercent(value: IntOrString): value is string {
  return typeof value === 'string' && /^[0-9]+%$/.test(value);
}
