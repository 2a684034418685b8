import { check } from './check/checker.ts';
import { estimatedCost } from './cost/estimate.ts';
import type { Environment } from './environment/environment.ts';
import { Frame, type Step } from './eval/frame.ts';
import { pendingAnswers } from './eval/pending.ts';
import { plan } from './eval/planner.ts';
import { parse } from './syntax/parser.ts';
import { CelCompileError } from './syntax/source-error.ts';
import { type CelType, typeText } from './types/type.ts';
import { fromJson } from './values/json-value.ts';
import { CelError, type CelValue } from './values/value.ts';

export interface EvaluateOptions {
  /** Evaluation ends with a CostLimitError beyond it. Without one, there is no limit. */
  readonly costLimit?: number;
}

export interface Evaluation {
  readonly value: CelValue;
  /** In upstream's units. */
  readonly cost: number;
}

/** Variables by name: JSON or values of CEL; a function is called when the variable is read for the first time. */
export type Variables = Readonly<Record<string, unknown>>;

export interface CompileOptions {
  /** The types that the expression may have; any if not given. dyn passes. */
  readonly resultTypes?: readonly CelType[];
  /** Leaves what is wrong to the evaluation. */
  readonly lenient?: boolean;
  /** Fills `maxCost`. */
  readonly estimateCost?: boolean;
}

/** A compiled expression: immutable, can be evaluated any number of times. */
export class Program {
  readonly source: string;
  /** The type of the result, as far as it is known. */
  readonly type: CelType;
  /** The variables that the expression mentions. */
  readonly variables: ReadonlySet<string>;
  /** What an evaluation may cost at most, by the sizes that the variables declare; undefined if that was not asked. */
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

  /** As `evaluate`, for expressions that ask somebody else: the authorizer. */
  evaluateAsync(variables: Variables, options: EvaluateOptions = {}): Promise<Evaluation> {
    return pendingAnswers(() => this.evaluate(variables, options));
  }
}

/** Compiles an expression. Throws a {@link CelCompileError} that shows every place where something is wrong. */
export function compile(source: string, environment: Environment, options: CompileOptions = {}): Program {
  const expr = parse(source, environment.bindings);
  const checked = check(expr, environment);
  if (checked.issues.length > 0 && !options.lenient) throw new CelCompileError(source, checked.issues);
  const { type } = checked;
  const wanted = options.resultTypes;
  if (wanted && type.kind !== 'dyn' && !wanted.some((one) => typeText(one) === typeText(type))) {
    throw new ResultTypeError(type, wanted);
  }
  const variables = new Set<string>();
  for (const reference of checked.references.values()) if (reference.kind === 'variable') variables.add(reference.name);
  const maxCost = options.estimateCost ? estimatedCost(expr, checked, environment).max : undefined;
  return new Program({ source, type, variables, maxCost, step: plan(expr, checked, environment), environment });
}

/** An expression of the wrong type; the message is upstream's. */
export class ResultTypeError extends Error {
  override readonly name = 'ResultTypeError';
  constructor(_type: CelType, wanted: readonly CelType[]) {
    const [first] = wanted;
    super(
      wanted.length === 1 && first
        ? `must evaluate to ${typeText(first)}`
        : `must evaluate to one of [${wanted.map(typeText).join(' ')}]`,
    );
  }
}
