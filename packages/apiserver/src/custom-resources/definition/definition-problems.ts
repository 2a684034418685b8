import type {
  CustomResourceColumnDefinition,
  CustomResourceDefinition,
  CustomResourceDefinitionNames,
  CustomResourceDefinitionVersion,
} from '@typernetes/api/apiextensions/v1';
import {
  childPath,
  dns1035LabelProblems,
  type FieldProblem,
  indexPath,
  invalidValue,
  isConditionTrue,
  jsonEqual,
  requiredValue,
  subdomainProblems,
  unsupportedValue,
} from '@typernetes/machinery';
import type { StructuralSchema } from '../schema/structural-schema.ts';
import { conversionProblems } from './conversion-problems.ts';
import { ruleDefinitionProblems } from './rule-definition-problems.ts';
import { structuralProblems } from './structural-problems.ts';

/** What is wrong with a definition, in upstream's words. `current` is what it replaces. */
export function* definitionProblems(
  { metadata, spec, status }: CustomResourceDefinition,
  current: CustomResourceDefinition | undefined,
): Generator<FieldProblem> {
  if (metadata.name !== `${spec.names?.plural}.${spec.group}`) {
    yield invalidValue('metadata.name', metadata.name, 'must be spec.names.plural+"."+spec.group');
  }
  if (!spec.group) yield requiredValue('spec.group');
  else {
    for (const problem of subdomainProblems(spec.group)) yield invalidValue('spec.group', spec.group, problem);
    if (!spec.group.includes('.')) {
      yield invalidValue('spec.group', spec.group, 'should be a domain with at least one dot');
    }
  }
  if (!spec.scope) yield requiredValue('spec.scope');
  else if (spec.scope !== 'Cluster' && spec.scope !== 'Namespaced') {
    yield unsupportedValue('spec.scope', spec.scope, ['Cluster', 'Namespaced']);
  }
  if (spec.preserveUnknownFields && !current?.spec.preserveUnknownFields) {
    yield invalidValue('spec.preserveUnknownFields', true, 'must be false in order to use this API version');
  }
  const names = (spec.versions ?? []).map(({ name }) => name);
  if (new Set(names).size < names.length)
    yield invalidValue('spec.versions', spec.versions, 'must contain unique version names');
  if ((spec.versions ?? []).filter(({ storage }) => storage).length !== 1) {
    yield invalidValue('spec.versions', spec.versions, 'must have exactly one version marked as storage version');
  }
  const shared = sharedParts(spec.versions ?? []);
  for (const [i, version] of (spec.versions ?? []).entries()) {
    const before = current?.spec.versions.find(({ name }) => name === version.name);
    yield* versionProblems(version, { path: indexPath('spec.versions', i), before, shared, isFirst: i === 0 });
  }
  yield* namesProblems(spec.names ?? { plural: '', kind: '' }, 'spec.names');
  yield* conversionProblems(spec);
  for (const stored of status?.storedVersions ?? []) {
    if (names.includes(stored)) continue;
    const i = status?.storedVersions?.indexOf(stored) ?? 0;
    yield invalidValue(
      indexPath('status.storedVersions', i),
      stored,
      `missing from spec.versions; ${stored} was previously a storage version, and must remain in spec.versions until a storage migration ensures no data remains persisted in ${stored} and removes ${stored} from status.storedVersions`,
    );
  }
  if (current && isConditionTrue(current.status?.conditions, 'Established')) {
    yield* immutable('spec.scope', spec.scope, current.spec.scope);
    yield* immutable('spec.names.kind', spec.names?.kind, current.spec.names.kind);
    yield* immutable('spec.group', spec.group, current.spec.group);
    yield* immutable('spec.names.plural', spec.names?.plural, current.spec.names.plural);
  }
}

function* immutable(field: string, next: unknown, before: unknown): Generator<FieldProblem> {
  if (next !== before) yield invalidValue(field, next, 'field is immutable');
}

function* namesProblems(names: CustomResourceDefinitionNames, path: string): Generator<FieldProblem> {
  const { plural, singular = '', kind, listKind = '', shortNames = [], categories = [] } = names;
  const label = function* (field: string, value: string): Generator<FieldProblem> {
    for (const problem of dns1035LabelProblems(value)) yield invalidValue(`${path}.${field}`, value, problem);
  };
  const mixed = function* (field: string, value: string): Generator<FieldProblem> {
    for (const problem of dns1035LabelProblems(value.toLowerCase())) {
      const why = `may have mixed case, but should otherwise match: ${problem}`;
      yield invalidValue(`${path}.${field}`, value, why);
    }
  };
  if (!plural) yield requiredValue(`${path}.plural`);
  if (!singular) yield requiredValue(`${path}.singular`);
  if (!kind) yield requiredValue(`${path}.kind`);
  if (!listKind) yield requiredValue(`${path}.listKind`);
  if (plural) yield* label('plural', plural);
  if (singular) yield* label('singular', singular);
  if (kind) yield* mixed('kind', kind);
  if (listKind) yield* mixed('listKind', listKind);
  for (const [i, short] of shortNames.entries()) yield* label(`shortNames[${i}]`, short);
  if (kind && kind === listKind) {
    yield invalidValue(`${path}.listKind`, listKind, 'kind and listKind may not be the same');
  }
  for (const [i, category] of categories.entries()) yield* label(`categories[${i}]`, category);
}

type Part = 'schema' | 'subresources' | 'additionalPrinterColumns' | 'selectableFields';

/** Where upstream sees a part that all versions have alike: once, for the whole definition. */
const sharedPaths: Readonly<Record<Part, string>> = {
  schema: 'spec.validation',
  subresources: 'spec.subresources',
  additionalPrinterColumns: 'spec.additionalPrinterColumns',
  selectableFields: 'spec.selectableFields',
};

function sharedParts(versions: readonly CustomResourceDefinitionVersion[]): ReadonlySet<Part> {
  const [first, ...others] = versions;
  const parts = Object.keys(sharedPaths) as Part[];
  return new Set(parts.filter((part) => others.every((version) => jsonEqual(version[part], first?.[part]))));
}

interface VersionPlace {
  readonly path: string;
  readonly before: CustomResourceDefinitionVersion | undefined;
  readonly shared: ReadonlySet<Part>;
  readonly isFirst: boolean;
}

function* versionProblems(version: CustomResourceDefinitionVersion, place: VersionPlace): Generator<FieldProblem> {
  const { path, shared, isFirst } = place;
  for (const problem of dns1035LabelProblems(version.name ?? '')) {
    yield invalidValue(childPath(path, 'name'), version.name ?? '', problem);
  }
  if (version.deprecationWarning !== undefined && !version.deprecated) {
    yield invalidValue(
      childPath(path, 'deprecationWarning'),
      version.deprecationWarning,
      'can only be set for deprecated versions',
    );
  }
  const isOwn = (part: Part): boolean => isFirst || !shared.has(part);
  const pathOf = (part: Part): string => (shared.has(part) ? sharedPaths[part] : `${path}.${part}`);
  const schema = version.schema?.openAPIV3Schema as StructuralSchema | undefined;
  if (!schema) yield requiredValue(`${path}.schema.openAPIV3Schema`, 'schemas are required');
  else if (isOwn('schema')) {
    const schemaPath = `${pathOf('schema')}.openAPIV3Schema`;
    const problems = [...structuralProblems(schema, schemaPath)];
    yield* problems;
    // Types of rules are those of a structural schema.
    if (problems.length === 0) {
      const unchanged = jsonEqual(schema, place.before?.schema?.openAPIV3Schema);
      yield* ruleDefinitionProblems(schema, schemaPath, { unchanged });
    }
  }
  if (isOwn('additionalPrinterColumns')) {
    for (const [i, column] of (version.additionalPrinterColumns ?? []).entries()) {
      yield* columnProblems(column, indexPath(pathOf('additionalPrinterColumns'), i));
    }
  }
  if (isOwn('subresources')) yield* scaleProblems(version, `${pathOf('subresources')}.scale`);
  if (!isOwn('selectableFields')) return;
  for (const [i, { jsonPath }] of (version.selectableFields ?? []).entries()) {
    const at = `${indexPath(pathOf('selectableFields'), i)}.jsonPath`;
    if (!jsonPath) yield requiredValue(at);
    else if (schema) yield* selectableProblems(jsonPath, schema, at);
  }
}

const simplePath = /^(?:\.[A-Za-z_][\w-]*|\['(?:[^'\\]|\\.)+'\])+$/;

function* selectableProblems(jsonPath: string, schema: StructuralSchema, at: string): Generator<FieldProblem> {
  if (!simplePath.test(jsonPath)) {
    yield invalidValue(at, jsonPath, 'is an invalid path: must be a simple JSON path to a field');
    return;
  }
  let inner: StructuralSchema | undefined = schema;
  for (const name of jsonPath.slice(1).split('.')) inner = inner?.properties?.[name];
  if (!inner || jsonPath.startsWith('.metadata'))
    yield invalidValue(at, jsonPath, 'is an invalid path: does not refer to a valid field');
  else if (!['string', 'integer', 'boolean'].includes(inner.type ?? '')) {
    yield invalidValue(
      at,
      jsonPath,
      'must point to a field of type string, boolean or integer. Enum string fields and strings with formats are allowed.',
    );
  }
}

const columnTypes = ['boolean', 'date', 'integer', 'number', 'string'];
const columnFormats = ['byte', 'date', 'date-time', 'double', 'float', 'int32', 'int64', 'password'];

function* columnProblems(column: CustomResourceColumnDefinition, path: string): Generator<FieldProblem> {
  if (!column.name) yield requiredValue(`${path}.name`);
  if (!column.type) yield requiredValue(`${path}.type`, `must be one of ${columnTypes.join(',')}`);
  else if (!columnTypes.includes(column.type)) {
    yield invalidValue(`${path}.type`, column.type, `must be one of ${columnTypes.join(',')}`);
  }
  if (column.format && !columnFormats.includes(column.format)) {
    yield invalidValue(`${path}.format`, column.format, `must be one of ${columnFormats.join(',')}`);
  }
  // Upstream names the field as its version-less type does.
  const field = `${path}.JSONPath`;
  if (!column.jsonPath) yield requiredValue(field);
  else if (!column.jsonPath.startsWith('.'))
    yield invalidValue(field, column.jsonPath, 'must be a simple json path starting with .');
}

function* scaleProblems({ subresources }: CustomResourceDefinitionVersion, path: string): Generator<FieldProblem> {
  const { scale } = subresources ?? {};
  if (!scale) return;
  const under = function* (
    field: string,
    value: string | undefined,
    roots: readonly string[],
  ): Generator<FieldProblem> {
    const simple = value !== undefined && /^(?:\.[A-Za-z_][\w-]*)+$/.test(value);
    if (!value) yield requiredValue(`${path}.${field}`);
    else if (!simple) yield invalidValue(`${path}.${field}`, value, 'must be a simple json path');
    else if (!roots.some((root) => value.startsWith(`${root}.`))) {
      yield invalidValue(`${path}.${field}`, value, `should be a json path under ${roots.join(' or ')}`);
    }
  };
  yield* under('specReplicasPath', scale.specReplicasPath, ['.spec']);
  yield* under('statusReplicasPath', scale.statusReplicasPath, ['.status']);
  if (scale.labelSelectorPath) yield* under('labelSelectorPath', scale.labelSelectorPath, ['.spec', '.status']);
}
