import { applyDefaults } from '@typernetes/api/defaults';
import { schemaOfKind } from '@typernetes/api/schema';
import { type ApiObject, decodeObject, type JsonObject, jsonEqual, type ResourceType } from '@typernetes/machinery';
import type { AdmissionRequest } from '../admission-plugin.ts';
import type { EquivalentResources } from './matching.ts';

/**
 * Applies the change of a hook or policy to the request's object: `change` sees and returns it in the version of
 * `type`. Returns whether anything changed. Throws the errors of `change` and of decoding.
 */
export function mutate(
  request: AdmissionRequest,
  { type, equivalents }: { type: ResourceType<unknown>; equivalents: EquivalentResources },
  change: (object: JsonObject) => unknown,
): boolean {
  const object = request.object as ApiObject;
  const { resource } = request;
  const foreign = isForeign(request, type);
  const kind = request.objectType ?? type;
  const shown = shownAs(request, { type, equivalents });
  const changed = change(shown as unknown as JsonObject);
  if (jsonEqual(shown, changed)) return false;
  const schema = schemaOfKind(kind);
  const next = (schema ? decodeObject(changed as JsonObject, schema).object : changed) as unknown as ApiObject;
  applyDefaults(kind, next);
  const own = foreign ? equivalents.convert(next, type, resource) : next;
  request.reread?.(own);
  if (request.operation === 'CREATE' && !request.objectType) keepIdentity(own, object);
  replaceContents(object, own);
  return true;
}

/** The request's object in the form of `type`; shared, never to be changed. */
export function shownAs(
  request: AdmissionRequest,
  { type, equivalents }: { type: ResourceType<unknown>; equivalents: EquivalentResources },
): ApiObject {
  const object = request.object as ApiObject;
  return isForeign(request, type) ? equivalents.convert(object, request.resource, type) : object;
}

const isForeign = ({ resource, objectType }: AdmissionRequest, type: ResourceType<unknown>): boolean =>
  type !== resource && !objectType;

/** Keeps the metadata that the server itself has set on a new object. */
function keepIdentity(next: ApiObject, { metadata }: ApiObject): void {
  const { name, namespace, uid, creationTimestamp, generation } = metadata;
  next.metadata = { ...next.metadata, name, uid, creationTimestamp };
  if (namespace !== undefined) next.metadata.namespace = namespace;
  if (generation !== undefined) next.metadata.generation = generation;
}

/** Changes the object in place, since others hold references to it. */
function replaceContents(object: ApiObject, next: ApiObject): void {
  const target = object as unknown as Record<string, unknown>;
  for (const key of Object.keys(target)) if (!(key in next)) delete target[key];
  Object.assign(target, next);
}
