import { parseQuantity, wholeValue } from '@typernetes/machinery';
import { parseDuration } from '@typernetes/process';
import type { Observation } from '../resources/observation.ts';
import { isSignal, type Signal } from './signals.ts';

/** A part of the capacity or an amount. */
type Amount = { readonly part: number } | { readonly amount: number };

export interface Threshold {
  readonly signal: Signal;
  readonly value: Amount;
  /** 0 for a hard threshold: it acts at once. */
  readonly graceMs: number;
  /** How far above the threshold the signal must rise to count as resolved. */
  readonly minReclaim: Amount | undefined;
}

interface Settings {
  readonly evictionHard: Readonly<Record<string, string>>;
  readonly evictionSoft: Readonly<Record<string, string>>;
  readonly evictionSoftGracePeriod: Readonly<Record<string, string>>;
  readonly evictionMinimumReclaim: Readonly<Record<string, string>>;
  readonly enforceNodeAllocatable: readonly string[];
}

/** The thresholds of a configuration. Throws upstream's message for the first that is wrong (upstream: ParseThresholdConfig). */
export function parseThresholds(settings: Settings): readonly Threshold[] {
  const reclaims = new Map(
    Object.entries(settings.evictionMinimumReclaim).map(([name, text]) => {
      const signal = signalOf(name);
      return [signal, reclaimOf(signal, text)] as const;
    }),
  );
  const graces = new Map(
    Object.entries(settings.evictionSoftGracePeriod).map(([name, text]) => [signalOf(name), graceOf(text)]),
  );
  const of = (statements: Readonly<Record<string, string>>, graceMs: (signal: Signal) => number): Threshold[] =>
    Object.entries(statements).flatMap(([name, text]) => {
      const signal = signalOf(name);
      const value = thresholdOf(signal, text);
      return value ? [{ signal, value, graceMs: graceMs(signal), minReclaim: reclaims.get(signal) }] : [];
    });
  const hard = of(settings.evictionHard, () => 0);
  const soft = of(settings.evictionSoft, (signal) => {
    const graceMs = graces.get(signal);
    if (graceMs === undefined)
      throw new Error(`grace period must be specified for the soft eviction threshold ${signal}`);
    return graceMs;
  });
  const enforced = settings.enforceNodeAllocatable.includes('pods');
  const ofPods = hard
    .filter(({ signal }) => enforced && signal === 'memory.available')
    .map((threshold): Threshold => ({ ...threshold, signal: 'allocatableMemory.available' }));
  return [...hard, ...soft, ...ofPods];
}

function signalOf(name: string): Signal {
  if (!isSignal(name)) throw new Error(`unsupported eviction signal ${name}`);
  return name;
}

/** Undefined for thresholds that are switched off. */
function thresholdOf(signal: Signal, text: string): Amount | undefined {
  if (text === '0%' || text === '100%') return undefined;
  if (text.endsWith('%')) {
    const part = partOf(text);
    if (part < 0) throw new Error(`eviction percentage threshold ${signal} must be >= 0%: ${text}`);
    if (part > 1) throw new Error(`eviction percentage threshold ${signal} must be <= 100%: ${text}`);
    return { part };
  }
  const amount = wholeValue(parseQuantity(text));
  if (amount <= 0) throw new Error(`eviction threshold ${signal} must be positive: ${text}`);
  return { amount };
}

function reclaimOf(signal: Signal, text: string): Amount {
  if (text.endsWith('%')) {
    const part = partOf(text);
    if (part <= 0) throw new Error(`eviction percentage minimum reclaim ${signal} must be positive: ${text}`);
    return { part };
  }
  const amount = wholeValue(parseQuantity(text));
  if (amount < 0) throw new Error(`negative eviction minimum reclaim specified for ${signal}`);
  return { amount };
}

function partOf(text: string): number {
  const percent = Number(text.slice(0, -1));
  if (text === '%' || Number.isNaN(percent))
    throw new Error(`strconv.ParseFloat: parsing "${text.slice(0, -1)}": invalid syntax`);
  return percent / 100;
}

function graceOf(text: string): number {
  const graceMs = parseDuration(text);
  if (graceMs === undefined) throw new Error(`time: invalid duration "${text}"`);
  if (graceMs < 0) throw new Error(`invalid eviction grace period specified: ${text}, must be a positive value`);
  return graceMs;
}

/** The amount in absolute terms, given the capacity. */
export function amountOf(value: Amount, capacity: number): number {
  return 'part' in value ? Math.floor(capacity * value.part) : value.amount;
}

/** Whether less is available than the threshold or, once it was met, than threshold plus minimum reclaim. */
export function isMet(threshold: Threshold, { available, capacity }: Observation, wasMet = false): boolean {
  const more = wasMet && threshold.minReclaim ? amountOf(threshold.minReclaim, capacity) : 0;
  return available < amountOf(threshold.value, capacity) + more;
}
