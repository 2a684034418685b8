import { type CelValue, CostLimitError } from '../values/value.ts';

/** The state of one evaluation: variables, locals of folds, and the cost so far. */
export class Frame {
  readonly locals: CelValue[] = [];
  readonly #limit: number;
  readonly #variable: (name: string) => CelValue;
  cost = 0;

  constructor(variable: (name: string) => CelValue, limit: number) {
    this.#variable = variable;
    this.#limit = limit;
  }

  variable(name: string): CelValue {
    return this.#variable(name);
  }

  spend(cost: number): void {
    this.cost += cost;
    if (this.cost > this.#limit) throw new CostLimitError();
  }
}

/** A part of an expression, ready to evaluate. Throws a CelError. */
export type Step = (frame: Frame) => CelValue;
