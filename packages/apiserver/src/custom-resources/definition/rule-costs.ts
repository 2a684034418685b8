import { type FieldProblem, forbiddenValue } from '@typernetes/machinery';
import type { CompiledRule } from '../rules/compiled-rules.ts';
import { type StructuralSchema, valueSchema } from '../schema/structural-schema.ts';

/** Upstream's cost limits per object: for one rule, and for all rules of a schema. */
const limits = { rule: 10_000_000, schema: 100_000_000 } as const;

/** Upstream's bound of a request, in bytes. */
const maxRequest = 3 * 1024 * 1024;

interface Place {
  readonly path: string;
  /** How often the value can occur; undefined if only the size of a request limits it. */
  readonly times: number | undefined;
  /** The minimum size of a value in bytes of JSON. */
  readonly minJsonSize: number;
}

/** The total cost of the rules of one schema. */
export class RuleCosts {
  readonly #perRule: boolean;
  #total = 0;
  #most: { readonly path: string; readonly cost: number }[] = [];

  constructor({ perRule }: { readonly perRule: boolean }) {
    this.#perRule = perRule;
  }

  /** Counts a rule and its message. */
  *problemsOf({ program, message }: CompiledRule, { path, times, minJsonSize }: Place): Generator<FieldProblem> {
    const repeated = times ?? Math.floor(maxRequest / (minJsonSize + 1));
    yield* this.#count((program?.maxCost ?? 0) * repeated, { path: `${path}.rule`, name: 'estimated rule cost' });
    if (message) {
      const place = { path: `${path}.messageExpression`, name: 'estimated messageExpression cost' };
      yield* this.#count(message.maxCost ?? 0, place);
    }
  }

  *#count(cost: number, { path, name }: { readonly path: string; readonly name: string }): Generator<FieldProblem> {
    if (this.#perRule && cost > limits.rule) yield forbiddenValue(path, overBudget(name, cost / limits.rule));
    this.#total += cost;
    if (cost < limits.schema / 100) return;
    this.#most.push({ path, cost });
    this.#most.sort((a, b) => b.cost - a.cost);
    this.#most.length = Math.min(this.#most.length, 4);
  }

  /** `path` is that of the schema. */
  *totalProblems(path: string): Generator<FieldProblem> {
    if (this.#total <= limits.schema) return;
    for (const rule of this.#most) {
      yield forbiddenValue(
        rule.path,
        'contributed to estimated rule cost total exceeding cost limit for entire OpenAPIv3 schema',
      );
    }
    const name = 'x-kubernetes-validations estimated rule cost total for entire OpenAPIv3 schema';
    yield forbiddenValue(path, overBudget(name, this.#total / limits.schema));
  }
}

function overBudget(name: string, factor: number): string {
  const shown = factor > 100 ? 'more than 100x' : `${factor.toFixed(factor < 1.5 ? 6 : 1)}x`;
  return `${name} exceeds budget by factor of ${shown} (try simplifying the rule, or adding maxItems, maxProperties, and maxLength where arrays, maps, and strings are declared)`;
}

/** How often an inner value can occur, if the outer one occurs `times`. */
export function mostOften(schema: StructuralSchema, times: number | undefined): number | undefined {
  if (times === undefined) return undefined;
  if (schema.type === 'array') return schema.maxItems === undefined ? undefined : times * Math.max(0, schema.maxItems);
  const isMap = schema.type === 'object' && (valueSchema(schema) !== undefined || schema.additionalProperties === true);
  if (!isMap) return times;
  return schema.maxProperties === undefined ? undefined : times * Math.max(0, schema.maxProperties);
}
