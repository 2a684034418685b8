import type { ValidationRule } from '@typernetes/api/apiextensions/v1';
import {
  type FieldProblem,
  indexPath,
  invalidValue,
  keyPath,
  requiredValue,
  unsupportedValue,
} from '@typernetes/machinery';
import { type CompiledRule, compileRules, type RuleTree } from '../rules/compiled-rules.ts';
import type { StructuralSchema } from '../schema/structural-schema.ts';
import { mostOften, RuleCosts } from './rule-costs.ts';

const reasons = ['FieldValueDuplicate', 'FieldValueForbidden', 'FieldValueInvalid', 'FieldValueRequired'];

interface RuleOptions {
  /** The schema existed before. */
  readonly unchanged: boolean;
  /** Paths with other problems: rules there, and above, are not checked. */
  readonly unsound: readonly string[];
}

/**
 * The problems with the expressions of a structural schema. An unchanged schema keeps its rules whatever each may cost,
 * but their total cost is limited nevertheless.
 */
export function* ruleDefinitionProblems(
  schema: StructuralSchema,
  path: string,
  { unchanged, unsound }: RuleOptions,
): Generator<FieldProblem> {
  const tree = compileRules(schema, { estimateCost: true });
  if (!tree) return;
  const costs = new RuleCosts({ perRule: !unchanged });
  yield* treeProblems(tree, { path, uncorrelatable: undefined, times: 1, costs, unsound });
  yield* costs.totalProblems(path);
}

interface Branch {
  readonly path: string;
  /** The path below which old values cannot be matched with new ones. */
  readonly uncorrelatable: string | undefined;
  /** How often the value can occur; undefined if unbounded. */
  readonly times: number | undefined;
  readonly costs: RuleCosts;
  readonly unsound: readonly string[];
}

function* treeProblems(tree: RuleTree, branch: Branch): Generator<FieldProblem> {
  const { path, uncorrelatable, costs, unsound } = branch;
  const inside = { ...branch, times: mostOften(tree.schema, branch.times) };
  for (const [name, inner] of tree.properties)
    yield* treeProblems(inner, { ...inside, path: keyPath(`${path}.properties`, name) });
  if (tree.values) yield* treeProblems(tree.values, { ...inside, path: `${path}.additionalProperties` });
  if (tree.items) {
    const correlatable = tree.schema['x-kubernetes-list-type'] === 'map';
    const lost = uncorrelatable ?? (correlatable ? undefined : path);
    yield* treeProblems(tree.items, { ...inside, path: `${path}.items`, uncorrelatable: lost });
  }
  if (unsound.some((field) => field.startsWith(path))) return;
  for (const [i, rule] of tree.rules.entries()) {
    const at = indexPath(`${path}.x-kubernetes-validations`, i);
    yield* costs.problemsOf(rule, { path: at, times: branch.times, minJsonSize: tree.declared?.minJsonSize ?? 0 });
    yield* ruleProblems(rule, { path: at, uncorrelatable });
  }
}

interface Place {
  readonly path: string;
  readonly uncorrelatable: string | undefined;
}

/** A rule as upstream's messages show it: by the names that its version-less type has in Go. */
const shown = ({ rule, message, messageExpression, reason, fieldPath, optionalOldSelf }: ValidationRule): object => ({
  Rule: rule,
  Message: message ?? '',
  MessageExpression: messageExpression ?? '',
  Reason: reason ?? null,
  FieldPath: fieldPath ?? '',
  OptionalOldSelf: optionalOldSelf ?? null,
});

function* ruleProblems(compiled: CompiledRule, { path, uncorrelatable }: Place): Generator<FieldProblem> {
  const { rule } = compiled;
  if (compiled.problem !== undefined) yield invalidValue(`${path}.rule`, shown(rule), compiled.problem);
  if (compiled.messageProblem !== undefined)
    yield invalidValue(`${path}.messageExpression`, shown(rule), `messageExpression ${compiled.messageProblem}`);
  if (compiled.transition && uncorrelatable !== undefined) {
    yield invalidValue(
      `${path}.rule`,
      rule.rule,
      `oldSelf cannot be used on the uncorrelatable portion of the schema within ${uncorrelatable}`,
    );
  } else if (rule.optionalOldSelf != null && !compiled.transition) {
    yield invalidValue(
      `${path}.optionalOldSelf`,
      rule.optionalOldSelf,
      'may not be set if oldSelf is not used in rule',
    );
  }
}

const hasLineBreak = (text: string | undefined): boolean => /[\n\r]/.test(text?.trim() ?? '');
const isBlank = (text: string | undefined): boolean => text !== undefined && text !== '' && text.trim() === '';

/** The problems with the rules of one part of a schema, apart from their expressions. */
export function* ruleTextProblems(schema: StructuralSchema, path: string): Generator<FieldProblem> {
  for (const [i, rule] of (schema['x-kubernetes-validations'] ?? []).entries()) {
    const at = indexPath(`${path}.x-kubernetes-validations`, i);
    const { message, messageExpression, reason, fieldPath } = rule;
    if (!rule.rule?.trim()) yield requiredValue(`${at}.rule`, 'rule is not specified');
    else if (isBlank(message)) yield invalidValue(`${at}.message`, message, 'must be non-empty if specified');
    else if (hasLineBreak(message)) yield invalidValue(`${at}.message`, message, 'must not contain line breaks');
    else if (hasLineBreak(rule.rule) && !message?.trim())
      yield requiredValue(`${at}.message`, 'message must be specified if rule contains line breaks');
    if (isBlank(messageExpression))
      yield requiredValue(`${at}.messageExpression`, 'messageExpression must be non-empty if specified');
    if (reason != null && !reasons.includes(reason)) yield unsupportedValue(`${at}.reason`, reason, reasons);
    if (isBlank(fieldPath)) yield invalidValue(`${at}.fieldPath`, fieldPath, 'must be non-empty if specified');
    if (/[\n\r]/.test(fieldPath ?? ''))
      yield invalidValue(`${at}.fieldPath`, fieldPath, 'must not contain line breaks');
    if (fieldPath && !isFieldOf(schema, fieldPath))
      yield invalidValue(`${at}.fieldPath`, fieldPath, 'must be a valid path');
  }
}

function isFieldOf(schema: StructuralSchema, fieldPath: string): boolean {
  const steps = fieldPath.match(/\.[^.[\]]+|\['[^']+'\]/g) ?? [];
  let inner: StructuralSchema | undefined = schema;
  for (const step of steps) {
    const name: string = step.startsWith('.') ? step.slice(1) : step.slice(2, -2);
    inner =
      inner?.properties?.[name] ??
      (typeof inner?.additionalProperties === 'object' ? inner.additionalProperties : undefined);
  }
  return steps.join('') === fieldPath && inner !== undefined;
}
