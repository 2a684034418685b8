import type { MatchCondition, MatchResources, ParamKind, Variable } from '@typernetes/api/admissionregistration/v1';
import { messageOf } from '@typernetes/base';
import {
  type CelType,
  type CelValue,
  costLimits,
  dynType,
  type Environment,
  extendEnvironment,
  listType,
  mapType,
  type Program,
  type Variables,
} from '@typernetes/cel';
import { compileProblem } from '../../expressions/compile-problem.ts';
import { compile, evaluated } from '../../expressions/compile-times.ts';
import { policyEnvironment } from '../cel/environment.ts';
import { type ConditionList, compileConditions } from '../cel/match-conditions.ts';
import { Matcher } from '../webhook/matching.ts';

/** The common part of validating and mutating policies. */
interface PolicySpec {
  readonly paramKind?: ParamKind;
  readonly matchConstraints?: MatchResources;
  readonly matchConditions?: MatchCondition[];
  readonly variables?: Variable[];
  readonly failurePolicy?: string;
}

/** An expression that yields a value, or an error with upstream's message. */
export interface Expression {
  readonly source: string;
  /** Why it can never be evaluated. */
  readonly problem: string | undefined;
  evaluate(variables: Variables, budget: Budget): Promise<CelValue>;
}

/** The cost limit shared by all expressions of one policy. */
export interface Budget {
  left: number;
}

/** The part of a policy that both kinds share, compiled once. */
export interface CompiledPolicy {
  readonly name: string;
  /** The match rules; made on first use, since new policies are compiled before their selectors are validated. */
  matcher(): Matcher;
  readonly paramKind: ParamKind | undefined;
  readonly failsOpen: boolean;
  readonly conditions: ConditionList | undefined;
  /** The policy's own variables, in order. */
  readonly variables: readonly { readonly source: string; readonly problem: string | undefined }[];
  /** Includes the policy's own variables. */
  readonly environment: Environment;
  /** Adds the policy's own variables, each evaluated when it is read first. */
  withVariables(variables: Variables, budget: Budget): Variables;
}

export function compilePolicy(name: string, spec: PolicySpec): CompiledPolicy {
  const base = policyEnvironment(spec.paramKind !== undefined);
  const failsOpen = spec.failurePolicy === 'Ignore';
  const { environment, programs } = compileVariables(spec.variables ?? [], base);
  let matcher: Matcher | undefined;
  return {
    name,
    matcher: () => {
      matcher ??= matcherOf(spec.matchConstraints);
      return matcher;
    },
    paramKind: spec.paramKind,
    failsOpen,
    conditions: spec.matchConditions?.length
      ? compileConditions(spec.matchConditions, { environment: base, failsOpen })
      : undefined,
    environment,
    variables: programs.map(({ source, problem }) => ({ source, problem })),
    withVariables: (variables, budget) => {
      const all: Record<string, unknown> = { ...variables };
      for (const { name: variable, program } of programs) {
        let known: { value: CelValue } | undefined;
        all[variable] = () => {
          if (typeof program === 'string')
            throw new Error(`composited variable ${JSON.stringify(variable.slice(10))} fails to compile: ${program}`);
          known ??= { value: spent(program, all, budget) };
          return known.value;
        };
      }
      return all;
    },
  };
}

/** Without rules, everything matches: bindings narrow what their policy matches. */
export function matcherOf(match: MatchResources | undefined): Matcher {
  const everything = [{ operations: ['*'], apiGroups: ['*'], apiVersions: ['*'], resources: ['*/*'] }];
  return new Matcher({
    rules: match?.resourceRules?.length ? match.resourceRules : everything,
    excluded: match?.excludeResourceRules ?? [],
    namespaceSelector: match?.namespaceSelector,
    objectSelector: match?.objectSelector,
    matchPolicy: match?.matchPolicy,
  });
}

/** Each variable sees those before it. */
function compileVariables(variables: readonly Variable[], base: Environment) {
  let environment = variables.length > 0 ? extendEnvironment(base, { groups: ['variables'] }) : base;
  const programs: {
    readonly name: string;
    readonly source: string;
    readonly program: Program | string;
    readonly problem: string | undefined;
  }[] = [];
  for (const { name, expression } of variables) {
    const qualified = `variables.${name}`;
    // One that does not compile is there for the others nonetheless, and may be anything.
    let type: CelType = dynType;
    try {
      const program = compile(expression, environment);
      programs.push({ name: qualified, source: expression, program, problem: undefined });
      type = storedType(program.type);
    } catch (error) {
      programs.push({
        name: qualified,
        source: expression,
        program: messageOf(error),
        problem: compileProblem(error),
      });
    }
    environment = extendEnvironment(environment, { variables: { [qualified]: type } });
  }
  return { environment, programs };
}

const simpleKinds = ['bool', 'bytes', 'double', 'int', 'null', 'string', 'uint', 'duration', 'timestamp'];

/** What later expressions know of a variable's type: upstream forgets all but simple ones, lists and maps. */
function storedType(type: CelType): CelType {
  const [first, second] = type.params;
  if (type.kind === 'list') return listType(storedType(first ?? dynType));
  if (type.kind === 'map') return mapType(storedType(first ?? dynType), storedType(second ?? dynType));
  return simpleKinds.includes(type.kind) ? type : dynType;
}

function spent(program: Program, variables: Variables, budget: Budget): CelValue {
  const { value, cost } = program.evaluate(variables, { costLimit: Math.min(costLimits.perCall, budget.left) });
  budget.left -= cost;
  return value;
}

/** An expression that cannot be compiled is an error each time it is evaluated, as upstream has it. */
export function expressionOf(source: string, environment: Environment, resultTypes?: readonly CelType[]): Expression {
  let compiled: Program | Error;
  let problem: string | undefined;
  try {
    compiled = compile(source, environment, resultTypes ? { resultTypes } : {});
  } catch (error) {
    problem = compileProblem(error);
    compiled = new Error(`compilation error: ${messageOf(error)}`);
  }
  return {
    source,
    problem,
    evaluate: async (variables, budget) => {
      if (compiled instanceof Error) throw compiled;
      const program = compiled;
      try {
        const { value, cost } = await evaluated(() =>
          program.evaluateAsync(variables, {
            costLimit: Math.min(costLimits.perCall, budget.left),
          }),
        );
        budget.left -= cost;
        return value;
      } catch (error) {
        throw new Error(`expression '${source.trim()}' resulted in error: ${messageOf(error)}`, { cause: error });
      }
    },
  };
}
