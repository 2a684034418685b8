import { type FieldProblem, forbiddenValue, invalidValue } from '@typernetes/machinery';
import type { StructuralSchema } from '../schema/structural-schema.ts';
import { defaultProblems } from './default-problems.ts';
import { type KeywordOptions, keywordProblems } from './keyword-problems.ts';
import { ruleDefinitionProblems } from './rule-definition-problems.ts';
import { isBeyondStructural, structuralProblems } from './structural-problems.ts';

interface SchemaOptions extends KeywordOptions {
  /** The versions with this schema have a status subresource. */
  readonly hasStatus: boolean;
  /** The schema existed before: its rules may be as costly as they are. */
  readonly unchanged: boolean;
}

/** The problems with a schema. Rules and defaults are checked only if its structure is valid. */
export function* schemaProblems(
  schema: StructuralSchema,
  path: string,
  { hasStatus, unchanged, keepsSets }: SchemaOptions,
): Generator<FieldProblem> {
  if (hasStatus) yield* rootProblems(schema, path);
  if (schema.nullable) yield forbiddenValue(`${path}.nullable`, 'nullable cannot be true at the root');
  const isStructured = !isBeyondStructural(schema);
  let structural = isStructured ? structuralProblems(schema, path) : [];
  if (isStructured && structural.length === 0) structural = [...defaultProblems(schema, path)];
  yield* structural;
  const problems = keywordProblems(schema, path, { keepsSets });
  yield* problems;
  // Of all keywords that structural schemas forbid, this one has no check of its own.
  if (!isStructured && problems.length === 0) yield invalidValue(path, '', "OpenAPIV3Schema 'schema' is not supported");
  if (!isStructured || structural.length > 0) return;
  yield* ruleDefinitionProblems(schema, path, { unchanged, unsound: problems.map(({ field }) => field) });
}

const allowedAtRoot =
  'Description Type Format Title Maximum ExclusiveMaximum Minimum ExclusiveMinimum MaxLength MinLength Pattern MaxItems MinItems UniqueItems MultipleOf Required Items Properties ExternalDocs Example XPreserveUnknownFields XValidations';
/** The schema's spelling of names that differ. */
const spelled: Readonly<Record<string, string>> = {
  'x-kubernetes-preserve-unknown-fields': 'XPreserveUnknownFields',
  'x-kubernetes-validations': 'XValidations',
};

/** The schema of a status is extracted from that of the whole, so the root may only have properties. */
function* rootProblems(schema: StructuralSchema, path: string): Generator<FieldProblem> {
  const allowed = new Set(allowedAtRoot.split(' '));
  if (schema.type && schema.type !== 'object') {
    const detail =
      'only "object" is allowed as the type at the root of the schema if the status subresource is enabled';
    yield invalidValue(`${path}.type`, schema.type, detail);
    return;
  }
  const isOdd = ([name, value]: [string, unknown]): boolean =>
    value !== false && value !== '' && !allowed.has(spelled[name] ?? `${name.charAt(0).toUpperCase()}${name.slice(1)}`);
  if (!Object.entries(schema).some(isOdd)) return;
  const detail = `only [${allowedAtRoot}] fields are allowed at the root of the schema if the status subresource is enabled`;
  yield invalidValue(path, schema, detail);
}
