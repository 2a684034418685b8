import { noSuchOverload } from '../values/lookup.ts';
import { CelError, CelList, CelMap, type CelValue } from '../values/value.ts';
import type { Frame, Step } from './frame.ts';

interface FoldSteps {
  readonly range: Step;
  readonly init: Step;
  readonly condition: Step;
  readonly step: Step;
  readonly result: Step;
  /** The slots of the locals. */
  readonly slots: { readonly accumulator: number; readonly variable: number; readonly second: number | undefined };
}

/**
 * In `all` and `exists`, a later item can make an earlier error irrelevant. Until then the accumulator holds the error;
 * reading it throws.
 */
class Failure {
  readonly error: CelError;
  constructor(error: CelError) {
    this.error = error;
  }
}

export function readLocal(slot: number): Step {
  return (frame) => {
    frame.spend(1);
    const value = frame.locals[slot] as CelValue | Failure;
    if (value instanceof Failure) throw value.error;
    return value;
  };
}

function attempt(step: Step, frame: Frame): CelValue {
  try {
    return step(frame);
  } catch (error) {
    if (error instanceof CelError) return new Failure(error) as unknown as CelValue;
    throw error;
  }
}

export function foldStep({ range, init, condition, step, result, slots }: FoldSteps): Step {
  return (frame) => {
    const items = range(frame);
    const { locals } = frame;
    locals[slots.accumulator] = attempt(init, frame);
    for (const [first, second] of iterated(items, slots.second !== undefined)) {
      locals[slots.variable] = first;
      if (slots.second !== undefined) locals[slots.second] = second;
      if (condition(frame) !== true) break;
      locals[slots.accumulator] = attempt(step, frame);
      // An accumulator that collects values cannot recover from an error.
      const grown = locals[slots.accumulator] as CelValue | Failure;
      if (grown instanceof Failure && condition === always) throw grown.error;
    }
    return result(frame);
  };
}

/** The condition of folds that never stop early. */
export const always: Step = () => true;

function* iterated(range: CelValue, pairs: boolean): Generator<readonly [CelValue, CelValue]> {
  if (range instanceof CelList) {
    for (let i = 0; i < range.size; i++) yield pairs ? [BigInt(i), range.at(i)] : [range.at(i), null];
  } else if (range instanceof CelMap) {
    for (const key of range.keys()) yield [key, pairs ? (range.get(key) ?? null) : null];
  } else {
    throw noSuchOverload();
  }
}
