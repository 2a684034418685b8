import type { ValidationRule } from '@typernetes/api/apiextensions/v1';
import { messageOf } from '@typernetes/base';
import { CelOptional, costLimits, fromJson } from '@typernetes/cel';
import {
  childPath,
  duplicateValue,
  type FieldPath,
  type FieldProblem,
  forbiddenValue,
  indexPath,
  invalidValue,
  isJsonObject,
  jsonEqual,
  keyPath,
  omittedValue,
  requiredValue,
} from '@typernetes/machinery';
import { evaluated } from '../../expressions/compile-times.ts';
import { correlated } from '../schema/value-problems.ts';
import type { CompiledRule, RuleTree } from './compiled-rules.ts';

/** The remaining part of the cost limit shared by all rules of an object. */
interface Budget {
  left: number;
}

interface Place {
  readonly path: FieldPath;
  readonly old: unknown;
  readonly budget: Budget;
}

/** Evaluates the rules of an object. `old` is the replaced object; without it, transition rules are skipped. */
export function ruleProblems(object: unknown, tree: RuleTree, old: unknown): FieldProblem[] {
  const problems: FieldProblem[] = [];
  const budget: Budget = { left: costLimits.perObject };
  evaluated(() => walk(object, tree, { path: '', old, budget }, problems));
  return problems;
}

function walk(value: unknown, tree: RuleTree, place: Place, problems: FieldProblem[]): void {
  if (value === undefined || value === null || place.budget.left < 0) return;
  const { old, path } = place;
  const unchanged = old !== undefined && jsonEqual(value, old);
  for (const rule of tree.rules) {
    // An unchanged value was accepted before, whatever the rule says now.
    if (unchanged && !rule.transition) continue;
    evaluate(value, rule, { tree, place, problems });
    if (place.budget.left < 0) return;
  }
  if (Array.isArray(value)) {
    const { items } = tree;
    if (!items) return;
    const oldOf = correlated(value, tree.schema, old);
    value.forEach((item, i) => {
      walk(item, items, { ...place, path: indexPath(path, i), old: oldOf(item) }, problems);
    });
  } else if (isJsonObject(value)) {
    const before = isJsonObject(old) ? old : {};
    for (const [name, inner] of tree.properties) {
      if (Object.hasOwn(value, name)) {
        walk(value[name], inner, { ...place, path: childPath(path, name), old: before[name] }, problems);
      }
    }
    if (!tree.values) return;
    for (const [name, member] of Object.entries(value)) {
      walk(member, tree.values, { ...place, path: keyPath(path, name), old: before[name] }, problems);
    }
  }
}

const outOfBudget = 'validation failed due to running out of cost budget, no further validation rules will be run';

interface Evaluated {
  readonly tree: RuleTree;
  readonly place: Place;
  readonly problems: FieldProblem[];
}

function evaluate(value: unknown, compiled: CompiledRule, { tree, place, problems }: Evaluated): void {
  const { rule, program, transition } = compiled;
  const { path, budget, old } = place;
  const type = tree.schema.type ?? '';
  if (!program) {
    problems.push(invalidValue(path, type, compiled.problem ?? ''));
    return;
  }
  if (transition && old === undefined && !rule.optionalOldSelf) return;
  const variables = { self: value, oldSelf: oldValue(rule, tree, old) };
  const costLimit = Math.min(costLimits.perCall, budget.left);
  try {
    const { value: result, cost } = program.evaluate(variables, { costLimit });
    budget.left -= cost;
    if (result === true) return;
  } catch (error) {
    problems.push(invalidValue(path, type, evaluationProblem(error, rule)));
    if (isOverLimit(error)) {
      budget.left = -1;
      if (costLimit < costLimits.perCall) problems.push(invalidValue(path, type, outOfBudget));
    }
    return;
  }
  const detail = messageOfExpression(compiled, variables, budget) ?? defaultMessage(rule);
  const at = rule.fieldPath ? childPath(path, rule.fieldPath.replace(/^\./, '')) : path;
  problems.push(problemFor(rule, at, { value: type === 'object' || type === 'array' ? omittedValue : value, detail }));
}

function oldValue(rule: ValidationRule, { declared }: RuleTree, old: unknown): unknown {
  if (!rule.optionalOldSelf) return old;
  return old === undefined || old === null ? CelOptional.none : new CelOptional(fromJson(old, declared));
}

const isOverLimit = (error: unknown): boolean => error instanceof Error && error.name === 'CostLimitError';

const ruleText = (rule: ValidationRule): string => (rule.message || rule.rule).trim();
const defaultMessage = (rule: ValidationRule): string => rule.message?.trim() || `failed rule: ${ruleText(rule)}`;

/** Throws errors that the expression did not cause. */
function evaluationProblem(error: unknown, rule: ValidationRule): string {
  const message = messageOf(error);
  if (isOverLimit(error)) {
    return `'${message}': no further validation rules will be run due to call cost exceeds limit for rule: ${ruleText(rule)}`;
  }
  if (!(error instanceof Error) || error.name !== 'CelError') throw error;
  if (message.startsWith('no such overload')) {
    return `'${message}': call arguments did not match a supported operator, function or macro signature for rule: ${ruleText(rule)}`;
  }
  return `${message} evaluating rule: ${ruleText(rule)}`;
}

/** Undefined if the rule has no message expression, or it cannot be used: then the rule's own message is used. */
function messageOfExpression(
  { message }: CompiledRule,
  variables: Readonly<Record<string, unknown>>,
  budget: Budget,
): string | undefined {
  if (!message) return undefined;
  try {
    const { value, cost } = message.evaluate(variables, { costLimit: Math.min(costLimits.perCall, budget.left) });
    budget.left -= cost;
    const text = typeof value === 'string' ? value.trim() : '';
    return text === '' || text.length > 5 * 1024 || text.includes('\n') ? undefined : text;
  } catch (error) {
    if (error instanceof Error && (error.name === 'CelError' || isOverLimit(error))) return undefined;
    throw error;
  }
}

function problemFor(
  { reason }: ValidationRule,
  path: FieldPath,
  { value, detail }: { value: unknown; detail: string },
): FieldProblem {
  switch (reason) {
    case 'FieldValueForbidden':
      return forbiddenValue(path, detail);
    case 'FieldValueRequired':
      return requiredValue(path, detail);
    case 'FieldValueDuplicate':
      return duplicateValue(path, value);
    default:
      return invalidValue(path, value, detail);
  }
}
