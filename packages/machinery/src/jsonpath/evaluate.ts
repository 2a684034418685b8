import { goType, goValue } from '../go-syntax.ts';
import { compares, type NumberForm } from './comparison.ts';
import { type Action, NumberLiteral, type Part, type Slice, type Step } from './node.ts';

interface EvaluateOptions extends NumberForm {
  /** Whether a missing field yields nothing instead of an error. */
  readonly allowMissing: boolean;
}

/** A step that led nowhere. A filter that asks only whether there is something makes do with what there was until then. */
class StepError extends Error {
  readonly values: readonly unknown[];
  constructor(message: string, values: readonly unknown[]) {
    super(message);
    this.values = values;
  }
}

/**
 * The values of each part of a template for an object; parts of a range are repeated for each of its values. Throws
 * with upstream's words.
 */
export function evaluateParts(parts: readonly Part[], object: unknown, options: EvaluateOptions): unknown[][] {
  return new Evaluation(parts, options).from(0, object);
}

class Evaluation {
  readonly #parts: readonly Part[];
  readonly #options: EvaluateOptions;
  /** How many `range`s and `end`s have been met and not yet processed, and how many ranges are open. */
  #begun = 0;
  #ended = 0;
  #open = 0;
  /** Where the last range ended. */
  #lastEnd: number | undefined;

  constructor(parts: readonly Part[], options: EvaluateOptions) {
    this.#parts = parts;
    this.#options = options;
  }

  /**
   * The parts from there on, to their end or that of their range. A range without an end extends to the end, and then
   * its parts follow once more.
   */
  from(start: number, current: unknown): unknown[][] {
    const results: unknown[][] = [];
    for (let at = start; at < this.#parts.length; at++) {
      const part = this.#parts[at] as Part;
      const values = part.kind === 'text' ? [part.text] : this.#action(part, [current]);
      if (this.#ended > 0 && this.#ended <= this.#open) {
        this.#ended--;
        this.#lastEnd = at;
        break;
      }
      if (this.#begun === 0) {
        results.push(values);
        continue;
      }
      this.#begun--;
      this.#open++;
      for (const value of values) results.push(...this.from(at + 1, value));
      // An empty range is walked through nevertheless, to find its end.
      if (values.length === 0) this.from(at + 1, undefined);
      this.#open--;
      if (this.#lastEnd !== undefined && this.#lastEnd > at) at = this.#lastEnd;
    }
    return results;
  }

  #action({ steps }: Action, from: readonly unknown[]): unknown[] {
    let values = [...from];
    for (const step of steps) values = this.#step(step, values);
    return values;
  }

  #step(step: Step, values: readonly unknown[]): unknown[] {
    switch (step.kind) {
      case 'text':
        return [step.text];
      case 'literal':
        return values.map(() => step.value);
      case 'field':
        return this.#field(step.name, values);
      case 'all':
        return values.flatMap(membersOf);
      case 'deep':
        return values.flatMap(deep);
      case 'slice':
        return sliced(step.slice, values);
      case 'union':
        return this.#union(step.actions, values);
      case 'filter':
        return this.#filter(step, values);
      case 'word':
        return this.#word(step.word, values);
    }
  }

  #word(word: string, values: readonly unknown[]): unknown[] {
    if (word === 'range') {
      this.#begun++;
      return [...values];
    }
    if (word !== 'end') throw new StepError(`unrecognized identifier ${word}`, values);
    if (this.#open === 0) throw new StepError('not in range, nothing to end', []);
    this.#ended++;
    return [];
  }

  #field(name: string, values: readonly unknown[]): unknown[] {
    const found = values.flatMap((value) => {
      const has = typeof value === 'object' && value !== null && !Array.isArray(value) && Object.hasOwn(value, name);
      return has ? [(value as Readonly<Record<string, unknown>>)[name]] : [];
    });
    if (values.length > 0 && found.length === 0 && !this.#options.allowMissing)
      throw new StepError(`${name} is not found`, []);
    return found;
  }

  #union(actions: readonly Action[], values: readonly unknown[]): unknown[] {
    try {
      return actions.flatMap((action) => this.#action(action, values));
    } catch (error) {
      throw error instanceof StepError ? new StepError(error.message, values) : error;
    }
  }

  #filter(filter: Step & { kind: 'filter' }, values: readonly unknown[]): unknown[] {
    const passed: unknown[] = [];
    for (const value of values) {
      if (!Array.isArray(value))
        throw new StepError(`${goValue(value)} is not array or slice and cannot be filtered`, values);
      for (const item of value) {
        try {
          if (this.#passes(item, filter)) passed.push(item);
        } catch (error) {
          throw new StepError((error as Error).message, error instanceof StepError ? values : passed);
        }
      }
    }
    return passed;
  }

  #passes(item: unknown, { left, operator, right }: Step & { kind: 'filter' }): boolean {
    if (operator === 'exists') return this.#reached(left, item).length > 0;
    const one = (values: readonly unknown[]): readonly unknown[] => {
      if (values.length > 1) throw new StepError('can only compare one element at a time', []);
      return values;
    };
    const lefts = one(this.#action(left, [item]));
    if (lefts.length === 0) return false;
    const rights = one(this.#action(right, [item]));
    return rights.length > 0 && compares(lefts[0], rights[0], { ...this.#options, operator });
  }

  #reached(action: Action, item: unknown): readonly unknown[] {
    try {
      return this.#action(action, [item]);
    } catch (error) {
      if (error instanceof StepError) return error.values;
      throw error;
    }
  }
}

/** The bytes of a text are its members, as they are in Go. */
function membersOf(value: unknown): unknown[] {
  if (typeof value === 'string') return [...new TextEncoder().encode(value)];
  if (typeof value !== 'object' || value === null || value instanceof NumberLiteral) return [];
  return Object.values(value);
}

/** The value and all that is below it, but for what has no members. */
function deep(value: unknown): unknown[] {
  const members = membersOf(value);
  if (members.length === 0) return [];
  return [value, ...(typeof value === 'string' ? [] : members.flatMap(deep))];
}

function sliced({ from, to, single, step }: Slice, values: readonly unknown[]): unknown[] {
  const found: unknown[] = [];
  for (const value of values) {
    if (value === null || value === undefined) continue;
    if (!Array.isArray(value)) throw new StepError(`${goType(value)} is not array or slice`, values);
    const { length } = value;
    const start = (from ?? 0) < 0 ? (from as number) + length : (from ?? 0);
    const end = to === undefined ? length : to < 0 || (to === 0 && single) ? to + length : to;
    // A slice of nothing ends the evaluation, for later lists too.
    if (start === end) return found;
    const beyond = (index: number): StepError =>
      new StepError(`array index out of bounds: index ${index}, length ${length}`, values);
    if (start >= length || start < 0) throw beyond(start);
    if (end > length || end < 0) throw beyond(end - 1);
    if (start > end) throw new StepError(`starting index ${start} is greater than ending index ${end}`, values);
    if (step !== undefined && step <= 0) throw new StepError('step must be > 0', values);
    for (let at = start; at < end; at += step ?? 1) found.push(value[at]);
  }
  return found;
}
