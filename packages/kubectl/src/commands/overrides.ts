import { messageOf } from '@typernetes/base';
import {
  type ApiObject,
  apiVersionOf,
  applyJsonPatch,
  applyMergePatch,
  applyStrategicMergePatch,
  isJsonObject,
  type JsonObject,
  jsonProblem,
  parseJsonPatch,
} from '@typernetes/machinery';
import type { AnyResource } from '../resources/any-resource.ts';
import { builtInResources } from '../resources/well-known.ts';

export const overrideFlags = {
  'override-type': {
    type: 'string',
    help: 'The method used to override the generated object: json, merge, or strategic.',
    default: 'merge',
  },
  overrides: { type: 'string', help: 'An inline JSON override for the generated object.', default: '' },
} as const;

/** Applies `--overrides` to a generated object. */
export async function overridden<T extends object>(
  object: T,
  flags: { readonly 'override-type': string; readonly overrides: string },
  type: AnyResource,
): Promise<T> {
  if (flags.overrides === '') return object;
  const { typedForm } = await import('../printing/typed-form.ts');
  const after = (await changed(object, flags, type)) as unknown as ApiObject;
  const { kind, apiVersion } = after;
  const missing = kind ? (apiVersion ? undefined : 'apiVersion') : 'Kind';
  if (missing) throw new Error(`Object '${missing}' is missing in '${await shownText(object, flags, type)}'`);
  if (!builtInResources.some((one) => one.kind === kind && apiVersionOf(one) === apiVersion))
    throw new Error(
      `no kind ${JSON.stringify(kind)} is registered for version ${JSON.stringify(apiVersion)} in scheme "pkg/scheme/scheme.go:28"`,
    );
  return typedForm(after) as unknown as T;
}

/** The object as upstream has it at this point: the generated struct, encoded, with its members sorted by the patch. */
async function shownText(
  object: object,
  ...[flags, type]: [Parameters<typeof changed>[1], AnyResource]
): Promise<string> {
  const { typedForm } = await import('../printing/typed-form.ts');
  const after = (await changed(typedForm(object as ApiObject), flags, type)) as unknown as JsonObject;
  return JSON.stringify(Object.fromEntries(Object.entries(after).sort(([a], [b]) => (a < b ? -1 : 1))));
}

async function changed<T extends object>(
  object: T,
  flags: { readonly 'override-type': string; readonly overrides: string },
  type: AnyResource,
): Promise<T> {
  const before = object as unknown as JsonObject;
  const patch = parsed(flags.overrides);
  switch (flags['override-type']) {
    case 'merge':
      if (!isJsonObject(patch)) throw new Error('Invalid JSON Patch');
      return applyMergePatch(before, patch) as T;
    case 'json':
      return applyJsonPatch(before, jsonPatchOf(flags.overrides, patch)) as T;
    case 'strategic': {
      if (!isJsonObject(patch)) throw new Error('invalid JSON document');
      const { schemaOfKind } = await import('@typernetes/api/schema');
      const schema = schemaOfKind({ group: type.group, version: type.version, kind: type.kind });
      if (!schema) throw new Error(`a strategic override is not supported for ${type.kind}`);
      return applyStrategicMergePatch(before, patch as JsonObject, schema) as unknown as T & ApiObject;
    }
    default:
      throw new Error(`invalid override type: ${flags['override-type']}`);
  }
}

/** Parses JSON; undefined if the text is not JSON. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function jsonPatchOf(text: string, patch: unknown): ReturnType<typeof parseJsonPatch> {
  if (patch === undefined) throw new Error(jsonProblem(text));
  try {
    return parseJsonPatch(patch);
  } catch (error) {
    // The error did not come from a server.
    throw new Error(messageOf(error));
  }
}
