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

/**
 * What is wrong with the rules of a structural schema. A schema that was there before keeps its rules, whatever each may cost; what
 * they may cost together is limited all the same.
 */
export function* ruleDefinitionProblems(
  schema: StructuralSchema,
  path: string,
  { unchanged }: { readonly unchanged: boolean },
): Generator<FieldProblem> {
  const tree = compileRules(schema, { estimateCost: true });
  if (!tree) return;
  const costs = new RuleCosts({ perRule: !unchanged });
  yield* treeProblems(tree, { path, uncorrelatable: undefined, times: 1, costs });
  yield* costs.totalProblems(path);
}

interface Branch {
  readonly path: string;
  /** The place inside of which old values cannot be told. */
  readonly uncorrelatable: string | undefined;
  /** How often the value can be there; undefined if nothing bounds that. */
  readonly times: number | undefined;
  readonly costs: RuleCosts;
}

function* treeProblems(tree: RuleTree, branch: Branch): Generator<FieldProblem> {
  const { path, uncorrelatable, costs } = branch;
  const inside = { ...branch, times: mostOften(tree.schema, branch.times) };
  for (const [name, inner] of tree.properties)
    yield* treeProblems(inner, { ...inside, path: keyPath(`${path}.properties`, name) });
  if (tree.values) yield* treeProblems(tree.values, { ...inside, path: `${path}.additionalProperties` });
  if (tree.items) {
    const correlatable = tree.schema['x-kubernetes-list-type'] === 'map';
    const lost = uncorrelatable ?? (correlatable ? undefined : path);
    yield* treeProblems(tree.items, { ...inside, path: `${path}.items`, uncorrelatable: lost });
  }
  for (const [i, rule] of tree.rules.entries()) {
    const at = indexPath(`${path}.x-kubernetes-validations`, i);
    yield* costs.problemsOf(rule, { path: at, times: branch.times, minJsonSize: tree.declared?.minJsonSize ?? 0 });
    yield* ruleProblems(rule, { tree, path: at, uncorrelatable });
  }
}

interface Place {
  readonly tree: RuleTree;
  readonly path: string;
  readonly uncorrelatable: string | undefined;
}

function* ruleProblems(compiled: CompiledRule, { tree, path, uncorrelatable }: Place): Generator<FieldProblem> {
  const { rule } = compiled;
  if (!rule.rule?.trim()) yield requiredValue(`${path}.rule`, 'rule is not specified');
  else if (compiled.problem !== undefined) yield invalidValue(`${path}.rule`, rule, compiled.problem);
  if (rule.message !== undefined && rule.message !== '' && !rule.message.trim()) {
    yield invalidValue(`${path}.message`, rule.message, 'message must be non-empty if specified');
  }
  if (rule.message?.includes('\n')) {
    yield invalidValue(`${path}.message`, rule.message, 'message must not contain line breaks');
  }
  if (rule.rule?.includes('\n') && !rule.message) {
    yield requiredValue(`${path}.message`, 'message must be specified if rule contains line breaks');
  }
  if (compiled.messageProblem !== undefined) {
    yield invalidValue(`${path}.messageExpression`, rule, `messageExpression ${compiled.messageProblem}`);
  }
  if (rule.reason !== undefined && !reasons.includes(rule.reason)) {
    yield unsupportedValue(`${path}.reason`, rule.reason, reasons);
  }
  if (compiled.transition && uncorrelatable !== undefined) {
    yield invalidValue(
      `${path}.rule`,
      rule.rule,
      `oldSelf cannot be used on the uncorrelatable portion of the schema within ${uncorrelatable}`,
    );
  }
  if (rule.optionalOldSelf !== undefined && !compiled.transition && compiled.problem === undefined) {
    yield invalidValue(
      `${path}.optionalOldSelf`,
      rule.optionalOldSelf,
      'may not be set if oldSelf is not used in rule',
    );
  }
  if (rule.fieldPath) yield* fieldPathProblems(rule.fieldPath, tree.schema, `${path}.fieldPath`);
}

function* fieldPathProblems(fieldPath: string, schema: StructuralSchema, path: string): Generator<FieldProblem> {
  const steps = fieldPath.match(/\.[^.[\]]+|\['[^']+'\]/g) ?? [];
  let inner: StructuralSchema | undefined = schema;
  for (const step of steps) {
    const name: string = step.startsWith('.') ? step.slice(1) : step.slice(2, -2);
    inner =
      inner?.properties?.[name] ??
      (typeof inner?.additionalProperties === 'object' ? inner.additionalProperties : undefined);
  }
  if (steps.join('') !== fieldPath || !inner) {
    yield invalidValue(path, fieldPath, 'fieldPath must be a valid path: does not refer to a valid field');
  }
}
