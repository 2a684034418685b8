import type {
  CustomResourceColumnDefinition,
  CustomResourceDefinition,
  CustomResourceDefinitionNames,
  CustomResourceDefinitionVersion,
} from '@typernetes/api/apiextensions/v1';
import {
  dns1035LabelProblems,
  duplicateValue,
  type FieldProblem,
  indexPath,
  invalidValue,
  isConditionTrue,
  jsonEqual,
  requiredValue,
  subdomainProblems,
  tooMany,
  unsupportedValue,
} from '@typernetes/machinery';
import { caBundleProblem } from '../../webhook/ca-bundle.ts';
import type { StructuralSchema } from '../schema/structural-schema.ts';
import { approvalProblems } from './api-approval.ts';
import { caBundleOf } from './conversion-authorities.ts';
import { conversionProblems } from './conversion-problems.ts';
import { hasNonAtomicSet } from './list-type-rules.ts';
import { schemaProblems } from './schema-problems.ts';

/** The problems with a definition, in upstream's words. `current` is the replaced one. */
export function* definitionProblems(
  next: CustomResourceDefinition,
  current: CustomResourceDefinition | undefined,
): Generator<FieldProblem> {
  const { metadata, spec, status } = next;
  if (!current && metadata.name !== `${spec.names?.plural}.${spec.group}`) {
    yield invalidValue('metadata.name', metadata.name, 'must be spec.names.plural+"."+spec.group');
  }
  yield* groupProblems(spec.group);
  if (!spec.scope) yield requiredValue('spec.scope');
  else if (spec.scope !== 'Cluster' && spec.scope !== 'Namespaced') {
    yield unsupportedValue('spec.scope', spec.scope, ['Cluster', 'Namespaced']);
  }
  yield* versionsProblems(spec, current);
  yield* namesProblems(spec.names ?? { plural: '', kind: '' }, 'spec.names');
  yield* sharedProblems(spec, current);
  if (spec.preserveUnknownFields && spec.conversion && spec.conversion.strategy !== 'None')
    yield invalidValue(
      'spec.conversion.strategy',
      spec.conversion.strategy,
      'must be None if spec.preserveUnknownFields is true',
    );
  yield* conversionProblems(spec);
  if (current) yield* bundleProblems(spec, current.spec);
  if (current && isConditionTrue(current.status?.conditions, 'Established')) {
    yield* immutable('spec.scope', spec.scope, current.spec.scope);
    yield* immutable('spec.names.kind', spec.names?.kind, current.spec.names.kind);
  }
  if (current) {
    yield* immutable('spec.group', spec.group, current.spec.group);
    yield* immutable('spec.names.plural', spec.names?.plural, current.spec.names.plural);
  }
  yield* storedVersionProblems(status?.storedVersions ?? [], spec.versions ?? []);
  yield* approvalProblems(next, current);
  if (spec.preserveUnknownFields && !current?.spec.preserveUnknownFields) {
    const detail =
      'cannot set to true, set x-kubernetes-preserve-unknown-fields to true in spec.versions[*].schema instead';
    yield invalidValue('spec.preserveUnknownFields', true, detail);
  }
}

/** A definition with a valid CA bundle must keep one: without it, it could not be served. */
function* bundleProblems(
  next: CustomResourceDefinition['spec'],
  current: CustomResourceDefinition['spec'],
): Generator<FieldProblem> {
  const [bundle, before] = [caBundleOf(next), caBundleOf(current)];
  if (bundle === undefined || bundle === before || before === undefined || caBundleProblem(before)) return;
  const problem = caBundleProblem(bundle);
  if (problem !== undefined) yield invalidValue('spec.conversion.webhookClientConfig.caBundle', bundle, problem);
}

function* groupProblems(group: string | undefined): Generator<FieldProblem> {
  const problems = group ? subdomainProblems(group) : [];
  if (!group) yield requiredValue('spec.group');
  else if (problems.length > 0) yield invalidValue('spec.group', group, problems.join(','));
  else if (!group.includes('.')) yield invalidValue('spec.group', group, 'should be a domain with at least one dot');
}

/** Whatever objects may be stored in is a version. */
function* storedVersionProblems(
  stored: readonly string[],
  versions: readonly CustomResourceDefinitionVersion[],
): Generator<FieldProblem> {
  const at = 'status.storedVersions';
  if (stored.length === 0) {
    yield invalidValue(at, null, 'must have at least one stored version');
    return;
  }
  for (const { name, storage } of versions)
    if (storage && !stored.includes(name)) yield invalidValue(at, stored, `must have the storage version ${name}`);
  for (const [i, name] of stored.entries()) {
    if (versions.some((version) => version.name === name)) continue;
    yield invalidValue(
      indexPath(at, i),
      name,
      `missing from spec.versions; ${name} was previously a storage version, and must remain in spec.versions until a storage migration ensures no data remains persisted in ${name} and removes ${name} from status.storedVersions`,
    );
  }
}

function* immutable(field: string, next: unknown, before: unknown): Generator<FieldProblem> {
  if (next !== before) yield invalidValue(field, next, 'field is immutable');
}

function* namesProblems(names: CustomResourceDefinitionNames, path: string): Generator<FieldProblem> {
  const { plural, singular = '', kind, listKind = '', shortNames = [], categories = [] } = names;
  const label = function* (field: string, value: string): Generator<FieldProblem> {
    const problems = dns1035LabelProblems(value);
    if (problems.length > 0) yield invalidValue(`${path}.${field}`, value, problems.join(','));
  };
  const mixed = function* (field: string, value: string): Generator<FieldProblem> {
    const problems = dns1035LabelProblems(value.toLowerCase());
    const why = `may have mixed case, but should otherwise match: ${problems.join(',')}`;
    if (problems.length > 0) yield invalidValue(`${path}.${field}`, value, why);
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

/** The path that upstream reports for a part that all versions share: once, for the whole definition. */
const sharedPaths: Readonly<Record<Part, string>> = {
  schema: 'spec.validation',
  subresources: 'spec.subresources',
  additionalPrinterColumns: 'spec.additionalPrinterColumns',
  selectableFields: 'spec.selectableFields',
};

const parts = Object.keys(sharedPaths) as Part[];

function sharedParts(versions: readonly CustomResourceDefinitionVersion[]): ReadonlySet<Part> {
  const [first, ...others] = versions;
  return new Set(parts.filter((part) => others.every((version) => jsonEqual(version[part], first?.[part]))));
}

/** The problems with the versions, except for what they all share. */
function* versionsProblems(
  spec: CustomResourceDefinition['spec'],
  current: CustomResourceDefinition | undefined,
): Generator<FieldProblem> {
  const { versions = [] } = spec;
  const shared = sharedParts(versions);
  for (const [i, { schema }] of versions.entries())
    if (!schema?.openAPIV3Schema)
      yield requiredValue(`${indexPath('spec.versions', i)}.schema.openAPIV3Schema`, 'schemas are required');
  if (spec.preserveUnknownFields && versions.some(({ schema }) => hasDefaults(schema?.openAPIV3Schema)))
    yield invalidValue('spec.preserveUnknownFields', true, 'must be false in order to use defaults in the schema');
  for (const [i, version] of versions.entries()) {
    const path = indexPath('spec.versions', i);
    const problems = dns1035LabelProblems(version.name ?? '');
    if (problems.length > 0) yield invalidValue(`${path}.name`, version.name ?? '', problems.join(','));
    yield* deprecationProblems(version, path);
    for (const part of parts)
      if (!shared.has(part)) yield* partProblems(part, version, { path: `${path}.${part}`, current, versions });
  }
  const names = versions.map(({ name }) => name);
  if (new Set(names).size < names.length)
    yield invalidValue('spec.versions', versions, 'must contain unique version names');
  if (versions.filter(({ storage }) => storage).length !== 1)
    yield invalidValue('spec.versions', versions, 'must have exactly one version marked as storage version');
  // Upstream checks the first version's name twice.
  const [first = ''] = names;
  const wrong = first === '' ? [] : dns1035LabelProblems(first);
  if (wrong.length > 0) yield invalidValue('spec.version', first, wrong.join(','));
}

const hasDefaults = (schema: object | undefined): boolean =>
  schema !== undefined &&
  (Object.hasOwn(schema, 'default') ||
    Object.values(schema).some((inner) => typeof inner === 'object' && inner !== null && hasDefaults(inner)));

/** The problems with what all versions share. */
function* sharedProblems(
  { versions = [] }: CustomResourceDefinition['spec'],
  current: CustomResourceDefinition | undefined,
): Generator<FieldProblem> {
  const [first] = versions;
  const shared = sharedParts(versions);
  if (!first) return;
  for (const part of parts)
    if (shared.has(part)) yield* partProblems(part, first, { path: sharedPaths[part], current, versions });
}

function* deprecationProblems(
  { deprecated, deprecationWarning: warning }: CustomResourceDefinitionVersion,
  path: string,
): Generator<FieldProblem> {
  const at = `${path}.deprecationWarning`;
  if (warning == null) return;
  if (!deprecated) {
    yield invalidValue(at, warning, 'can only be set for deprecated versions');
    return;
  }
  const bytes = Buffer.byteLength(warning);
  if (bytes > 256) yield invalidValue(at, warning, 'must be <= 256 characters long');
  if (bytes === 0) yield invalidValue(at, warning, 'must not be an empty string');
  const odd = /[^\p{L}\p{M}\p{N}\p{P}\p{S} ]/u.exec(warning);
  if (odd) {
    const place = Buffer.byteLength(warning.slice(0, odd.index));
    const detail = `must only contain printable UTF-8 characters; non-printable character found at index ${place}`;
    yield invalidValue(at, warning, detail);
  }
}

interface PartPlace {
  readonly path: string;
  readonly current: CustomResourceDefinition | undefined;
  readonly versions: readonly CustomResourceDefinitionVersion[];
}

function* partProblems(
  part: Part,
  version: CustomResourceDefinitionVersion,
  { path, current, versions }: PartPlace,
): Generator<FieldProblem> {
  const schema = version.schema?.openAPIV3Schema as StructuralSchema | undefined;
  if (part === 'schema' && schema) {
    const before = current?.spec.versions.find(({ name }) => name === version.name)?.schema?.openAPIV3Schema;
    const isShared = path === sharedPaths.schema;
    const hasStatus = (isShared ? versions : [version]).some(({ subresources }) => subresources?.status != null);
    const keepsSets = (current?.spec.versions ?? []).some((one) =>
      hasNonAtomicSet(one.schema?.openAPIV3Schema as StructuralSchema | undefined),
    );
    const unchanged = jsonEqual(schema, before);
    yield* schemaProblems(schema, `${path}.openAPIV3Schema`, { hasStatus, unchanged, keepsSets });
  }
  if (part === 'subresources') yield* scaleProblems(version, `${path}.scale`);
  if (part === 'additionalPrinterColumns')
    for (const [i, column] of (version.additionalPrinterColumns ?? []).entries())
      yield* columnProblems(column, indexPath(path, i));
  if (part === 'selectableFields' && schema)
    yield* selectableProblems(
      (version.selectableFields ?? []).map(({ jsonPath }) => jsonPath),
      schema,
      path,
    );
}

const simplePath = /^(?:\.[A-Za-z_][\w-]*|\['(?:[^'\\]|\\.)+'\])+$/;

const maxSelectable = 8;

function* selectableProblems(
  jsonPaths: readonly string[],
  schema: StructuralSchema,
  path: string,
): Generator<FieldProblem> {
  const seen = new Set<string>();
  for (const [i, jsonPath] of jsonPaths.entries()) {
    const at = `${indexPath(path, i)}.jsonPath`;
    if (!jsonPath) yield requiredValue(at);
    else if (!simplePath.test(jsonPath))
      yield invalidValue(at, jsonPath, 'is an invalid path: must be a simple JSON path to a field');
    else {
      let inner: StructuralSchema | undefined = schema;
      for (const name of jsonPath.slice(1).split('.')) inner = inner?.properties?.[name];
      if (!inner) {
        yield invalidValue(at, jsonPath, 'is an invalid path: does not refer to a valid field');
        continue;
      }
      if (/^\.metadata(\.|$)/.test(jsonPath)) yield invalidValue(at, jsonPath, 'must not point to fields in metadata');
      if (!['string', 'integer', 'boolean'].includes(inner.type ?? ''))
        yield invalidValue(
          at,
          jsonPath,
          'must point to a field of type string, boolean or integer. Enum string fields and strings with formats are allowed.',
        );
      if (seen.has(jsonPath)) yield duplicateValue(at, jsonPath);
      seen.add(jsonPath);
    }
  }
  if (seen.size > maxSelectable) yield tooMany(path, seen.size, maxSelectable);
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
    if (!value) yield requiredValue(`${path}.${field}`);
    else if (!value.startsWith('.'))
      yield invalidValue(`${path}.${field}`, value, 'must be a simple json path starting with .');
    else if (!roots.some((root) => value.startsWith(`${root}.`))) {
      const under = roots.length > 1 ? `either ${roots.join(' or ')}` : roots[0];
      yield invalidValue(`${path}.${field}`, value, `should be a json path under ${under}`);
    }
  };
  yield* under('specReplicasPath', scale.specReplicasPath, ['.spec']);
  yield* under('statusReplicasPath', scale.statusReplicasPath, ['.status']);
  if (scale.labelSelectorPath) yield* under('labelSelectorPath', scale.labelSelectorPath, ['.spec', '.status']);
}
