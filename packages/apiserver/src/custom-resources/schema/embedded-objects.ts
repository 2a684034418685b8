import { schemaOfType } from '@typernetes/api/schema';
import { validateObjectMeta } from '@typernetes/api/validation';
import { messageOf } from '@typernetes/base';
import {
  childPath,
  decodeObject,
  dns1035LabelProblems,
  type FieldPath,
  type FieldProblem,
  indexPath,
  invalidValue,
  isJsonObject,
  type JsonObject,
  keyPath,
  type ObjectMeta,
  pathSegmentProblems,
  problemText,
  requiredValue,
} from '@typernetes/machinery';
import { isEmbedded, type StructuralSchema, valueSchema } from './structural-schema.ts';

const metadataSchema = schemaOfType('meta/v1.ObjectMeta');

/** What does not fit, in upstream's words. */
export class EmbeddedMisfit extends Error {
  override readonly name = 'EmbeddedMisfit';
  readonly problem: FieldProblem;

  constructor(problem: FieldProblem) {
    super(problemText(problem));
    this.problem = problem;
  }
}

/**
 * Gives the objects of the API inside a custom resource (x-kubernetes-embedded-resource) the metadata that all objects have, in place. Returns the paths
 * of what else was there. Throws an EmbeddedMisfit for what does not fit; `dropsMisfits`: it is dropped instead, as of what is stored. `path` is that of the value.
 */
export function coerceEmbedded(
  value: unknown,
  schema: StructuralSchema,
  { dropsMisfits = false, path = '' } = {},
): FieldPath[] {
  const unknown: FieldPath[] = [];
  if (hasEmbedded(schema)) coerce(value, schema, { path, unknown, dropsMisfits });
  return unknown;
}

const known = new WeakMap<StructuralSchema, boolean>();

function hasEmbedded(schema: StructuralSchema): boolean {
  let found = known.get(schema);
  if (found === undefined) {
    const below = [...Object.values(schema.properties ?? {}), schema.items, valueSchema(schema)];
    found = isEmbedded(schema) || below.some((one) => one !== undefined && hasEmbedded(one));
    known.set(schema, found);
  }
  return found;
}

interface Place {
  readonly path: FieldPath;
  readonly unknown: FieldPath[];
  readonly dropsMisfits: boolean;
}

function coerce(value: unknown, schema: StructuralSchema, place: Place): void {
  if (Array.isArray(value)) {
    const { items } = schema;
    if (items)
      for (const [i, item] of value.entries()) coerce(item, items, { ...place, path: indexPath(place.path, i) });
  } else if (isJsonObject(value)) {
    if (isEmbedded(schema)) coerceObject(value, place);
    const values = valueSchema(schema);
    for (const [name, member] of Object.entries(value)) {
      const inner = schema.properties && Object.hasOwn(schema.properties, name) ? schema.properties[name] : undefined;
      if (inner) coerce(member, inner, { ...place, path: childPath(place.path, name) });
      else if (values) coerce(member, values, { ...place, path: keyPath(place.path, name) });
    }
  }
}

function coerceObject(object: JsonObject, { path, unknown, dropsMisfits }: Place): void {
  const misfit = (name: string, why: string): void => {
    if (!dropsMisfits) throw new EmbeddedMisfit(invalidValue(childPath(path, name), object[name], why));
    delete object[name];
  };
  for (const name of ['apiVersion', 'kind'])
    if (object[name] !== undefined && typeof object[name] !== 'string') misfit(name, 'must be a string');
  if (object.metadata === undefined) return;
  const at = childPath(path, 'metadata');
  try {
    const decoded = decodeObject(object.metadata ?? {}, metadataSchema);
    object.metadata = decoded.object;
    unknown.push(...decoded.unknownFields.map((field) => `${at}.${field}`));
  } catch (error) {
    if (!dropsMisfits) misfit('metadata', messageOf(error));
    // What is no object at all stays.
    else if (isJsonObject(object.metadata)) object.metadata = fittingMetadata(object.metadata);
  }
}

/** The fields that fit, each looked at by itself. */
function fittingMetadata(metadata: JsonObject): JsonObject {
  const fits = (name: string): boolean => {
    try {
      decodeObject({ [name]: metadata[name] }, metadataSchema);
      return true;
    } catch {
      return false;
    }
  };
  const fitting = Object.entries(metadata).filter(([name]) => fits(name));
  return decodeObject(Object.fromEntries(fitting), metadataSchema).object;
}

/** What is wrong with the objects of the API inside a value, whatever else its schema says. */
export function* embeddedProblemsWithin(
  value: unknown,
  schema: StructuralSchema,
  path: FieldPath,
): Generator<FieldProblem> {
  if (!hasEmbedded(schema)) return;
  if (Array.isArray(value)) {
    const { items } = schema;
    if (items) for (const [i, item] of value.entries()) yield* embeddedProblemsWithin(item, items, indexPath(path, i));
  } else if (isJsonObject(value)) {
    if (isEmbedded(schema)) yield* embeddedProblems(value, path);
    const values = valueSchema(schema);
    for (const [name, member] of Object.entries(value)) {
      const inner = schema.properties && Object.hasOwn(schema.properties, name) ? schema.properties[name] : undefined;
      if (inner) yield* embeddedProblemsWithin(member, inner, childPath(path, name));
      else if (values) yield* embeddedProblemsWithin(member, values, keyPath(path, name));
    }
  }
}

/** The problems with an embedded object: it must have kind and apiVersion, and its metadata must be valid. */
export function* embeddedProblems(
  { apiVersion, kind, metadata }: Readonly<JsonObject>,
  path: FieldPath,
): Generator<FieldProblem> {
  const versionPath = childPath(path, 'apiVersion');
  if (apiVersion === undefined) yield requiredValue(versionPath, 'must not be empty');
  else if (apiVersion === '') yield invalidValue(versionPath, apiVersion, 'must not be empty');
  else if (String(apiVersion).split('/').length > 2)
    yield invalidValue(versionPath, apiVersion, `unexpected GroupVersion string: ${apiVersion}`);
  const kindPath = childPath(path, 'kind');
  if (kind === undefined) yield requiredValue(kindPath, 'must not be empty');
  else if (kind === '') yield invalidValue(kindPath, kind, 'must not be empty');
  else {
    const wrong = dns1035LabelProblems(String(kind).toLowerCase());
    if (wrong.length > 0)
      yield invalidValue(kindPath, kind, `may have mixed case, but should otherwise match: ${wrong.join(',')}`);
  }
  if (!isJsonObject(metadata)) return;
  const meta = { ...metadata, name: metadata.name || 'fakename' } as ObjectMeta;
  const rules = { namespaced: Boolean(meta.namespace), nameProblems: pathSegmentProblems, anyFinalizer: true };
  for (const problem of validateObjectMeta(meta, rules)) yield { ...problem, field: childPath(path, problem.field) };
}
