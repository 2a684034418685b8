import type { MatchCondition } from '@typernetes/api/admissionregistration/v1';
import { aggregateText, messageOf } from '@typernetes/base';
import { boolType, costLimits, type Environment, type Program, type Variables } from '@typernetes/cel';
import { compileProblem } from '../../expressions/compile-problem.ts';
import { compile } from '../../expressions/compile-times.ts';
import type { ConditionVerdict } from '../webhook/conditions.ts';
import type { ConditionObserver } from './condition-metrics.ts';

export interface ConditionList {
  evaluate(variables: Variables, observer?: ConditionObserver): Promise<ConditionVerdict>;
  /** The problems of each, in order. */
  readonly checked: readonly { readonly source: string; readonly problem: string | undefined }[];
}

/** A condition ready to be evaluated, or why it never will be. */
type Compiled = { readonly program: Program } | { readonly broken: string; readonly problem: string };

/**
 * The match conditions of a hook or policy. A false one skips it. If none is false and some cannot be evaluated, the
 * request fails or, with `failsOpen`, the hook or policy is skipped.
 */
export function compileConditions(
  conditions: readonly MatchCondition[],
  { environment, failsOpen }: { environment: Environment; failsOpen: boolean },
): ConditionList {
  const compiled = conditions.map(({ expression }) => ({ expression, ...compiledCondition(expression, environment) }));
  const judged = async (variables: Variables, observer: ConditionObserver | undefined): Promise<ConditionVerdict> => {
    const errors: string[] = [];
    let budget: number = costLimits.matchConditions;
    for (const one of compiled) {
      if ('broken' in one) {
        errors.push(`compilation error: ${one.broken}`);
        observer?.failed();
        continue;
      }
      try {
        const { value, cost } = await one.program.evaluateAsync(variables, {
          costLimit: Math.min(costLimits.perCall, budget),
        });
        budget -= cost;
        if (value === false) {
          observer?.excluded();
          return { matches: false };
        }
      } catch (error) {
        errors.push(`expression '${one.expression}' resulted in error: ${messageOf(error)}`);
        observer?.failed();
      }
    }
    if (errors.length === 0) return { matches: true };
    if (failsOpen) return { matches: false };
    return { failed: aggregateText(errors) };
  };
  const evaluate: ConditionList['evaluate'] = async (variables, observer) => {
    if (!observer) return judged(variables, observer);
    const startedAt = observer.now();
    const verdict = await judged(variables, observer);
    observer.took((observer.now() - startedAt) / 1000);
    return verdict;
  };
  const checked = compiled.map((one) => ({
    source: one.expression,
    problem: 'broken' in one ? one.problem : undefined,
  }));
  return { evaluate, checked };
}

function compiledCondition(expression: string, environment: Environment): Compiled {
  try {
    return { program: compile(expression, environment, { resultTypes: [boolType] }) };
  } catch (error) {
    return { broken: messageOf(error), problem: compileProblem(error) };
  }
}
