import type { CustomResourceSubresourceScale } from '@typernetes/api/apiextensions/v1';
import { type ApiObject, type FieldProblem, invalidValue, jsonEqual } from '@typernetes/machinery';
import type { Strategy } from '../registry/strategy.ts';
import { specChanged } from '../storage/object-meta.ts';
import { compileRules, type RuleTree } from './rules/compiled-rules.ts';
import { ruleProblems } from './rules/rule-problems.ts';
import { scaleProblems } from './scale-problems.ts';
import type { StructuralSchema } from './schema/structural-schema.ts';
import { listTypeProblems, valueProblems } from './schema/value-problems.ts';

type Custom = ApiObject & { status?: unknown };

interface CustomRules {
  readonly schema: StructuralSchema;
  readonly hasStatus: boolean;
  /** The paths of the replica counts, if it can be scaled. */
  readonly scale?: CustomResourceSubresourceScale | undefined;
}

/** The strategy of a custom resource, from its schema and subresources. */
export function customStrategy({ schema, hasStatus, scale }: CustomRules): Strategy<Custom> {
  let compiled: { tree: RuleTree | undefined } | undefined;
  const check = (next: Custom, current: Custom | undefined): FieldProblem[] => {
    compiled ??= { tree: compileRules(schema) };
    return problemsOf(next, current, { schema, tree: compiled.tree, scale });
  };
  return {
    prepareForCreate(next) {
      if (hasStatus) delete next.status;
    },
    prepareForUpdate(next, current) {
      if (!hasStatus) return;
      if (current.status === undefined) delete next.status;
      else next.status = current.status;
    },
    bumpsGeneration: (next, current) =>
      specChanged(next, current) || (!hasStatus && !jsonEqual(next.status, current.status)),
    validate: (next) => check(next, undefined),
    validateUpdate: (next, current) => check(next, current),
    anyFinalizer: true,
    allowUnconditionalUpdate: false,
    ...(hasStatus ? { resetFields: ['status'] } : {}),
  };
}

/** `/status`: everything else stays, including metadata. */
export function customStatusStrategy(whole: Strategy<Custom>): Strategy<Custom> {
  return {
    ...whole,
    prepareForUpdate(next, current) {
      const { status, metadata } = next;
      for (const name of Object.keys(next)) delete (next as unknown as Record<string, unknown>)[name];
      Object.assign(next, structuredClone(current));
      next.metadata.managedFields = metadata.managedFields;
      next.metadata.resourceVersion = metadata.resourceVersion;
      if (status === undefined) delete next.status;
      else next.status = status;
    },
    bumpsGeneration: () => false,
    resetFields: ['metadata', 'spec'],
  };
}

function problemsOf(
  next: Custom,
  current: Custom | undefined,
  { schema, tree, scale }: Pick<CustomRules, 'schema' | 'scale'> & { tree: RuleTree | undefined },
): FieldProblem[] {
  const problems = [...valueProblems(next, schema, { path: '', old: current })];
  if (scale) problems.push(...scaleProblems(next, scale));
  // Items that were there twice may stay so.
  const wasRepeated = current !== undefined && !listTypeProblems(current, schema, '').next().done;
  if (!wasRepeated) problems.push(...listTypeProblems(next, schema, ''));
  if (!tree) return problems;
  // Rules count on the shape that the schema promises.
  if (problems.some(({ type }) => ofShape.has(type))) problems.push(notChecked);
  else problems.push(...ruleProblems(next, tree, current));
  return problems;
}

const ofShape: ReadonlySet<FieldProblem['type']> = new Set([
  'NotSupported',
  'Required',
  'TooLong',
  'TooMany',
  'TypeInvalid',
]);

const notChecked = invalidValue(
  '<nil>',
  null,
  'some validation rules were not checked because the object was invalid; correct the existing errors to complete validation',
);
