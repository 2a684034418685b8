import { schemaOfKind } from '@typernetes/api/schema';
import {
  apiVersionOf,
  badRequest,
  conflict,
  duplicateField,
  duplicateFields,
  forbiddenValue,
  hasWrittenNumbers,
  invalid,
  isJsonObject,
  isTrueParameter,
  type JsonObject,
  jsonKind,
  jsonProblem,
  memberProblems,
  notFound,
  parseAsWritten,
  parseExactJson,
  requiredValue,
  StatusError,
  type StructSchema,
  typeMisfits,
} from '@typernetes/machinery';
import type { Strategy } from '../registry/strategy.ts';
import type { RequestContext } from '../request/request-context.ts';
import type { Reply } from '../request/server-request.ts';
import { applyTo } from '../storage/managed-fields.ts';
import { updateObject } from '../storage/update.ts';
import {
  decodeAs,
  type FieldValidation,
  fieldValidationOf,
  mediaTypeOf,
  parseYaml,
  readText,
  repeatedText,
  unsupportedMediaType,
} from './decode.ts';
import { patchProblem } from './patch-problem.ts';
import { checkPatchKind, type Patcher, type PatchKind, patcherOf } from './patchers.ts';
import { type StoredCall, writeOptionsOf } from './resource-call.ts';
import { writtenReply } from './verbs.ts';

export const patchKinds: Readonly<Record<string, PatchKind>> = {
  'application/json-patch+json': 'json',
  'application/merge-patch+json': 'merge',
  'application/strategic-merge-patch+json': 'strategic',
};
export const applyType = 'application/apply-patch+yaml';

/** The rules under which a part of an object is written. */
interface Part {
  readonly strategy: Strategy;
  readonly subresource: string;
}

/**
 * PATCH of the object or one of its subresources: repeated when others wrote in between, unless the patch names a
 * revision.
 */
export async function patch(call: StoredCall, part: Part): Promise<Reply> {
  const { context, served, namespace, name } = call;
  const mediaType = mediaTypeOf(context.request);
  if (mediaType === applyType) return await apply(call, part);
  const kind = patchKinds[mediaType];
  if (!kind) throw unsupportedMediaType([...Object.keys(patchKinds), applyType]);
  checkPatchOptions(context.request.query);
  const validation = fieldValidationOf(context.request.query, 'PatchOptions');
  const schema = schemaOfKind(served.type);
  const read = patchReader(await readText(context.request), { kind, schema, validation });
  const result = await updateObject(
    call.storage,
    (current) => {
      if (!current) throw notFound(served.type, name);
      const { body, patcher, patchProblems, asWritten } = read();
      const patched = patcher(current);
      try {
        const document = { value: patched, json: undefined, patchProblems, asWritten };
        return decodeAs(served.type, document, { validation, context, shape: served.shape });
      } catch (error) {
        throw patchProblem(error, { kind, type: served.type, patch: body, patched });
      }
    },
    { ...writeOptionsOf(context, 'PatchOptions'), ...part, namespace, name, mayCreate: false },
  );
  return await writtenReply(200, call, result);
}

interface ReadPatch {
  readonly body: unknown;
  readonly patcher: Patcher;
  readonly patchProblems: readonly string[];
  /** Whether what the patcher makes has numbers as they are written in the patch. */
  readonly asWritten: boolean;
}

/** Reads the patch, once, when it is wanted: upstream looks at it when the object is there. */
export function patchReader(
  text: string,
  { kind, schema, validation }: { kind: PatchKind; schema: StructSchema | undefined; validation: FieldValidation },
): () => ReadPatch {
  checkPatchKind(kind, schema);
  let known: ReadPatch | undefined;
  return () => {
    if (!known) {
      const body = parsePatch(text, kind);
      const patchProblems = validation === 'Ignore' ? [] : problemsOfPatch(text, body, kind);
      const asWritten = keepsNumbers(kind) && schema !== undefined && hasWrittenNumbers(text);
      const patch = asWritten ? parseAsWritten(text) : body;
      known = { body, patcher: patcherOf(kind, { patch, schema }), patchProblems, asWritten };
    }
    return known;
  };
}

/** JSON and merge patches leave the text of numbers to the decoder of the kind. A strategic one is converted, and takes `1.0` for an integer. */
const keepsNumbers = (kind: PatchKind): boolean => kind !== 'strategic';

/** Throws for options that only server-side apply has. */
export function checkPatchOptions(query: URLSearchParams): void {
  if (!query.has('force')) return;
  const problem = forbiddenValue('force', 'may not be specified for non-apply patch');
  throw invalid({ group: 'meta.k8s.io', kind: 'PatchOptions' }, '', [problem]);
}

/** The field manager, and whether it takes over fields of others. Throws without a field manager. */
export function applyOptionsOf(query: URLSearchParams): { readonly manager: string; readonly force: boolean } {
  const manager = query.get('fieldManager') ?? '';
  if (manager === '') {
    const problem = requiredValue('fieldManager', 'is required for apply patch');
    throw invalid({ group: 'meta.k8s.io', kind: 'PatchOptions' }, '', [problem]);
  }
  return { manager, force: isTrueParameter(query.get('force')) };
}

/** An object with a uid existed before: it must not be created again. */
function refuseIdentity({ served, name }: StoredCall, { metadata }: JsonObject): void {
  const uid = isJsonObject(metadata) ? metadata.uid : undefined;
  if (!uid) return;
  const why = `uid mismatch: the provided object specified uid ${String(uid)}, and no existing object was found`;
  throw conflict(served.type, name, why);
}

/** Parses and checks the patch. As upstream, errors about a strategic merge patch have no prefix. */
function parsePatch(text: string, kind: PatchKind): unknown {
  const malformed = (why: string): StatusError =>
    badRequest(kind === 'strategic' ? why : `error decoding patch: ${why}`);
  let patch: unknown;
  try {
    patch = parseExactJson(text);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw malformed(jsonProblem(text));
  }
  if (kind === 'json') {
    const misfit = operationsMisfit(patch);
    if (misfit !== undefined) throw malformed(misfit);
    return patch ?? [];
  }
  if (patch === null) {
    if (kind === 'merge') throw badRequest('Invalid JSON Patch');
    return {};
  }
  if (!isJsonObject(patch))
    throw malformed(`json: cannot unmarshal ${jsonKind(patch)} into Go value of type map[string]interface {}`);
  return patch;
}

const operationFields = new Set(['op', 'path', 'from', 'value']);

/** The problems with the members of the patch itself. */
function problemsOfPatch(text: string, patch: unknown, kind: PatchKind): string[] {
  if (kind !== 'json') return duplicateFields(text, patch).map(duplicateField);
  const unknown = (patch as (JsonObject | null)[]).flatMap((operation, i) =>
    Object.keys(operation ?? {})
      .filter((field) => !operationFields.has(field))
      .map((field) => `[${i}].${field}`),
  );
  return memberProblems(text, patch, unknown).map((problem) => `json patch ${problem}`);
}

/** Why a document is not a list of operations; their values may be anything. */
function operationsMisfit(patch: unknown): string | undefined {
  const list = patch ?? [];
  if (!Array.isArray(list))
    return `json: cannot unmarshal ${jsonKind(list)} into Go value of type []handlers.jsonPatchOp`;
  for (const operation of list) {
    if (operation === null) continue;
    if (!isJsonObject(operation))
      return `json: cannot unmarshal ${jsonKind(operation)} into Go value of type handlers.jsonPatchOp`;
    for (const field of ['op', 'path', 'from']) {
      const value = operation[field];
      if (value !== undefined && value !== null && typeof value !== 'string')
        return `json: cannot unmarshal ${jsonKind(value)} into Go struct field jsonPatchOp.${field} of type string`;
    }
  }
  return undefined;
}

/** Server-side apply: creates a missing object. */
async function apply(call: StoredCall, part: Part): Promise<Reply> {
  const { context, served, namespace, name, storage } = call;
  const { manager, force } = applyOptionsOf(context.request.query);
  const options = writeOptionsOf(context, 'PatchOptions');
  const { value, repeatedKeys } = await parseYaml(await readText(context.request), undecodableYaml);
  const config = configurationOf(value, served.type);
  const validation = fieldValidationOf(context.request.query, 'PatchOptions');
  const schema = served.shape ? undefined : schemaOfKind(served.type);
  const misfits = schema && config.kind === served.type.kind ? typeMisfits(config, schema) : [];
  if (misfits.length > 0) throw untyped(call, misfits);
  // Validates the configuration; what is applied is what was sent, without defaults.
  decodeAs(
    served.type,
    { value: config, json: undefined },
    { validation: 'Ignore', context, shape: served.shape, refuseUnknown: (fields) => undeclared(call, fields) },
  );
  const result = await updateObject(
    storage,
    async (current) => {
      const applied = applyTo(storage, { live: current, config }, { ...part, manager, force });
      const merged = applied instanceof Promise ? await applied : applied;
      reportRepeated(repeatedKeys, { validation, context });
      if (!current) refuseIdentity(call, config);
      return decodeAs(
        served.type,
        { value: merged, json: undefined },
        { validation: 'Ignore', context, shape: served.shape },
      );
    },
    {
      ...options,
      ...part,
      namespace,
      name,
      mayCreate: part.subresource === '',
      creates: true,
      fieldsApplied: true,
    },
  );
  return await writtenReply(result.created ? 201 : 200, call, result);
}

/** Warns about repeated keys in the configuration: the last value has been applied. */
export function reportRepeated(
  repeatedKeys: readonly string[],
  { validation, context }: { validation: FieldValidation; context: RequestContext },
): void {
  if (repeatedKeys.length === 0 || validation === 'Ignore') return;
  if (validation === 'Strict')
    throw badRequest(`error strict decoding YAML: error converting YAML to JSON: ${repeatedText(repeatedKeys)}`);
  for (const key of repeatedKeys) context.warnings.add(key);
}

/**
 * Nobody can own a field that the schema does not declare: as upstream, a separate error, whatever fieldValidation
 * says.
 */
function undeclared(call: StoredCall, fields: readonly string[]): StatusError {
  const problems = fields.map((field) => `.${field}: field not declared in schema`);
  return untyped(call, problems);
}

/** The error for an object that cannot be converted to its type. */
function untyped({ served, namespace, name }: StoredCall, problems: readonly string[]): StatusError {
  const details = problems.length === 1 ? problems[0] : `errors:${problems.map((one) => `\n  ${one}`).join('')}`;
  const object = namespace === '' ? `/${name}` : `${namespace}/${name}`;
  const message = `failed to create typed patch object (${object}; ${apiVersionOf(served.type)}, Kind=${served.type.kind}): ${details}`;
  return new StatusError('Unknown', message);
}

export const undecodableYaml = (why: string): StatusError =>
  badRequest(`error decoding YAML: error converting YAML to JSON: ${why}`);

/** The applied configuration, with its version. An empty one has none. */
export function configurationOf(document: unknown, type: { group: string; version: string }): JsonObject {
  const value = document ?? {};
  if (!isJsonObject(value)) {
    const why = `json: cannot unmarshal ${jsonKind(value)} into Go value of type map[string]interface {}`;
    throw badRequest(`error decoding YAML: error unmarshaling JSON: while decoding JSON: ${why}`);
  }
  const expected = apiVersionOf(type);
  const given = typeof value.apiVersion === 'string' ? value.apiVersion : '';
  if (given !== expected)
    throw badRequest(
      `Incorrect version specified in apply patch. Specified patch version: ${given}, expected: ${expected}`,
    );
  const metadata = isJsonObject(value.metadata) ? value.metadata : {};
  if (metadata.managedFields !== undefined && metadata.managedFields !== null)
    throw badRequest('metadata.managedFields must be nil');
  return value;
}
