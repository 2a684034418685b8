import { check } from './check/checker.ts';
import { estimatedCost } from './cost/estimate.ts';
import type { Environment } from './environment/environment.ts';
import { Frame, type Step } from './eval/frame.ts';
import { plan } from './eval/planner.ts';
import { pendingAnswers } from './library/pending.ts';
import { parse } from './syntax/parser.ts';
import { CelCompileError } from './syntax/source-error.ts';
import { type CelType, runtimeTypeText, typeText } from './types/type.ts';
import { fromJson } from './values/json-value.ts';
import { CelError, type CelValue } from './values/value.ts';

export interface EvaluateOptions {
  /** Evaluation fails with a CostLimitError above this cost. Default: no limit. */
  readonly costLimit?: number;
}

export interface Evaluation {
  readonly value: CelValue;
  /** In upstream's units. */
  readonly cost: number;
}

/** Variables by name: JSON or CEL values. A function is called when the variable is first read. */
export type Variables = Readonly<Record<string, unknown>>;

export interface CompileOptions {
  /** The types allowed for the result; without it, any. They have to be met exactly: dyn is none of the others. */
  readonly resultTypes?: readonly CelType[];
  /** Accepts an expression with type errors and lets evaluation find them. */
  readonly lenient?: boolean;
  /** Computes `maxCost`. */
  readonly estimateCost?: boolean;
}

/** A compiled expression: immutable, and reusable for any number of evaluations. */
export class Program {
  readonly source: string;
  /** The type of the result, as far as the checker knows it. */
  readonly type: CelType;
  /** The variables that the expression mentions. */
  readonly variables: ReadonlySet<string>;
  /**
   * The estimated maximum cost of an evaluation, from the sizes that the variables declare; undefined unless
   * `estimateCost` was set.
   */
  readonly maxCost: number | undefined;
  readonly #step: Step;
  readonly #environment: Environment;

  constructor({
    source,
    type,
    variables,
    maxCost,
    step,
    environment,
  }: Pick<Program, 'source' | 'type' | 'variables' | 'maxCost'> & { step: Step; environment: Environment }) {
    this.source = source;
    this.type = type;
    this.variables = variables;
    this.maxCost = maxCost;
    this.#step = step;
    this.#environment = environment;
  }

  /** Throws a CelError with upstream's message, a CostLimitError, or a PendingAnswer if an answer must be awaited first. */
  evaluate(variables: Variables, { costLimit = Infinity }: EvaluateOptions = {}): Evaluation {
    const known = new Map<string, CelValue>();
    const read = (name: string): CelValue => {
      let value = known.get(name);
      if (value !== undefined) return value;
      const given = Object.hasOwn(variables, name) ? variables[name] : undefined;
      if (given === undefined) throw new CelError(`no such attribute(s): ${name}`);
      const raw: unknown = typeof given === 'function' ? given() : given;
      value = fromJson(raw, this.#environment.variables.get(name));
      known.set(name, value);
      return value;
    };
    const frame = new Frame(read, costLimit);
    return { value: this.#step(frame), cost: frame.cost };
  }

  /** Like `evaluate`, for expressions that wait for the authorizer. */
  evaluateAsync(variables: Variables, options: EvaluateOptions = {}): Promise<Evaluation> {
    return pendingAnswers(() => this.evaluate(variables, options));
  }
}

/** Compiles an expression. Throws a {@link CelCompileError} that shows every problem and its place. */
export function compile(source: string, environment: Environment, options: CompileOptions = {}): Program {
  const expr = parse(source, environment.bindings);
  const checked = check(expr, environment);
  if (checked.issues.length > 0 && !options.lenient) throw new CelCompileError(source, checked.issues);
  const { type } = checked;
  const wanted = options.resultTypes;
  if (wanted && !wanted.some((one) => typeText(one) === typeText(type))) throw new ResultTypeError(type, wanted);
  const variables = new Set<string>();
  for (const reference of checked.references.values()) if (reference.kind === 'variable') variables.add(reference.name);
  const maxCost = options.estimateCost ? estimatedCost(expr, checked, environment).max : undefined;
  return new Program({ source, type, variables, maxCost, step: plan(expr, checked, environment), environment });
}

/** The expression's type is not allowed; the message is upstream's. */
export class ResultTypeError extends Error {
  override readonly name = 'ResultTypeError';
  /** Says what is wanted only. */
  readonly wanted: string;
  constructor(type: CelType, wanted: readonly CelType[]) {
    const [first] = wanted;
    const names = wanted.map(runtimeTypeText);
    const all = wanted.length === 1 && first ? names[0] : `one of [${names.join(' ')}]`;
    super(`must evaluate to ${all} but got ${runtimeTypeText(type)}`);
    this.wanted = `must evaluate to ${all}`;
  }
}
