import { schemaOfKind } from '@typernetes/api/schema';
import { type ApiObject, badRequest, StatusError } from '@typernetes/machinery';
import type { Strategy } from '../registry/strategy.ts';
import type { Reply } from '../request/server-request.ts';
import { updateObject } from '../storage/update.ts';
import { decodeAs, fieldValidationOf, mediaTypeOf, parseYaml, readText, unsupportedMediaType } from './decode.ts';
import { type PatchKind, patcherOf } from './patchers.ts';
import { type StoredCall, writeOptionsOf } from './resource-call.ts';
import { writtenReply } from './verbs.ts';

const kinds: Readonly<Record<string, PatchKind>> = {
  'application/json-patch+json': 'json',
  'application/merge-patch+json': 'merge',
  'application/strategic-merge-patch+json': 'strategic',
  'application/apply-patch+yaml': 'apply',
};

/** PATCH of the object or of a part of it: again on what others wrote in between, unless the patch names a revision. */
export async function patch(call: StoredCall, part: { strategy: Strategy; subresource: string }): Promise<Reply> {
  const { context, served, namespace, name } = call;
  const kind = kinds[mediaTypeOf(context.request)];
  if (!kind) throw unsupportedMediaType(Object.keys(kinds));
  const options = writeOptionsOf(context, 'PatchOptions');
  const value = await readPatch(call, kind);
  const validation = fieldValidationOf(context.request.query);
  const apply = patcherOf(kind, {
    patch: value,
    schema: schemaOfKind(served.type),
    type: served.type,
    fieldManager: options.fieldManager,
    force: context.request.query.get('force') === 'true',
  });
  const result = await updateObject(
    call.storage,
    (current) => {
      if (!current && kind !== 'apply') return missing(name, namespace);
      const patched = apply(current);
      return decodeAs(served.type, { value: patched, json: undefined }, { validation, context });
    },
    { ...options, ...part, namespace, name, mayCreate: kind === 'apply' && part.subresource === '' },
  );
  return await writtenReply(result.created ? 201 : 200, call, result);
}

/** Stands for an object that is not there: the update refuses it with NotFound. */
function missing(name: string, namespace: string): ApiObject {
  return { metadata: { name, ...(namespace === '' ? {} : { namespace }) } } as ApiObject;
}

async function readPatch(call: StoredCall, kind: PatchKind): Promise<unknown> {
  const text = await readText(call.context.request);
  if (kind === 'apply') {
    if (!call.context.request.query.get('fieldManager'))
      throw new StatusError(
        'Invalid',
        'PatchOptions.meta.k8s.io "" is invalid: fieldManager: Required value: is required for apply patch',
        {
          details: {
            group: 'meta.k8s.io',
            kind: 'PatchOptions',
            causes: [
              {
                reason: 'FieldValueRequired',
                message: 'Required value: is required for apply patch',
                field: 'fieldManager',
              },
            ],
          },
        },
      );
    return await parseYaml(text);
  }
  try {
    return JSON.parse(text);
  } catch (error) {
    throw badRequest(`error decoding patch: ${error instanceof Error ? error.message : String(error)}`);
  }
}
