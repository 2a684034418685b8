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

const reasons = ['FieldValueDuplicate', 'FieldValueForbidden', 'FieldValueInvalid', 'FieldValueRequired'];

/** What is wrong with the rules of a structural schema. */
export function* ruleDefinitionProblems(schema: StructuralSchema, path: string): Generator<FieldProblem> {
  const tree = compileRules(schema);
  if (tree) yield* treeProblems(tree, path, undefined);
}

/** `uncorrelatable` is the place inside of which old values cannot be told. */
function* treeProblems(tree: RuleTree, path: string, uncorrelatable: string | undefined): Generator<FieldProblem> {
  for (const [i, rule] of tree.rules.entries()) {
    yield* ruleProblems(rule, { tree, path: indexPath(`${path}.x-kubernetes-validations`, i), uncorrelatable });
  }
  for (const [name, inner] of tree.properties)
    yield* treeProblems(inner, keyPath(`${path}.properties`, name), uncorrelatable);
  if (tree.values) yield* treeProblems(tree.values, `${path}.additionalProperties`, uncorrelatable);
  if (tree.items) {
    const correlatable = tree.schema['x-kubernetes-list-type'] === 'map';
    yield* treeProblems(tree.items, `${path}.items`, uncorrelatable ?? (correlatable ? undefined : path));
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
      'option optionalOldSelf may only be set when oldSelf is used in rule',
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
