import { parseQuantity } from '@typernetes/machinery';

/** A resource metric with its target, in `autoscaling/v2`. */
export interface ResourceMetric {
  readonly resource: { readonly name: string; readonly target: Target };
  readonly type: 'Resource';
}

type Target =
  | { readonly averageUtilization: number; readonly type: 'Utilization' }
  | { readonly averageValue: string; readonly type: 'AverageValue' };

/** For numbers without a unit. */
const units = { cpu: 'm', memory: 'Mi' } as const;

const mostPercent = 2 ** 31 - 1;

/** Reads `70%` of the request, or an amount per pod, `500m`. Throws on anything else. */
export function resourceMetric(name: keyof typeof units, given: string): ResourceMetric {
  const text = given.trim();
  if (text === '') throw new Error('empty input');
  return { resource: { name, target: targetOf(name, text) }, type: 'Resource' };
}

export function percentOfCpu(percent: number): ResourceMetric {
  return { resource: { name: 'cpu', target: { averageUtilization: percent, type: 'Utilization' } }, type: 'Resource' };
}

function targetOf(name: keyof typeof units, text: string): Target {
  if (text.endsWith('%')) {
    const percent = text.slice(0, -1);
    const value = /^\+?\d+$/.test(percent) ? Number(percent) : -1;
    if (value < 0 || value > mostPercent) throw new Error(`invalid percentage value: ${percent}`);
    return { averageUtilization: value, type: 'Utilization' };
  }
  if (/^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text)) {
    const averageValue = `${shortest(Number(text))}${units[name]}`;
    parseQuantity(averageValue);
    return { averageValue, type: 'AverageValue' };
  }
  if (!isQuantity(text)) throw new Error(`invalid resource ${name} value: ${text}`);
  return { averageValue: text, type: 'AverageValue' };
}

function isQuantity(text: string): boolean {
  try {
    parseQuantity(text);
    return true;
  } catch {
    return false;
  }
}

/** A number as Go's `%g` writes it: with an exponent from a million on. */
function shortest(value: number): string {
  const [digits = '', exponent = ''] = value.toExponential().split('e');
  const power = Number(exponent);
  if (power >= -4 && power < 6) return String(value);
  return `${digits}e${power < 0 ? '-' : '+'}${String(Math.abs(power)).padStart(2, '0')}`;
}
