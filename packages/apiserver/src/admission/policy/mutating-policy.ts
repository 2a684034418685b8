import type { MutatingAdmissionPolicy } from '@typernetes/api/admissionregistration/v1';
import { messageOf } from '@typernetes/base';
import {
  CelError,
  type DeclaredField,
  type DeclaredType,
  dynType,
  type Environment,
  extendEnvironment,
  fn,
  listType,
  objectType,
  stringType,
  toJson,
  type Variables,
} from '@typernetes/cel';
import {
  applyConfiguration,
  applyJsonPatch,
  applyMergePatch,
  decodeObject,
  fieldsOfPaths,
  isFailedTest,
  isJsonObject,
  type JsonObject,
  parseJsonPatch,
  type StructSchema,
} from '@typernetes/machinery';
import { applyProblem, misnamedValue } from './apply-problems.ts';
import { type Budget, type CompiledPolicy, compilePolicy, type Expression, expressionOf } from './compiled-policy.ts';

export interface CompiledMutatingPolicy extends CompiledPolicy {
  readonly reinvoked: boolean;
  readonly mutations: readonly { readonly kind: 'apply' | 'patch'; readonly expression: Expression }[];
}

/** Any field is a field: what `Object{spec: Object.spec{...}}` builds is checked when it is put into the object. */
class AnyFields extends Map<string, DeclaredField> {
  override get(name: string): DeclaredField {
    return { name, type: { type: dynType } };
  }
  override has(): boolean {
    return true;
  }
}

const anyFields = new AnyFields();
const patchType = objectType('JSONPatch');

/** `Object`, `Object.spec`, ... and `JSONPatch`, besides what an environment has. */
class MutationTypes extends Map<string, DeclaredType> {
  override get(name: string): DeclaredType | undefined {
    if (name === 'Object' || name.startsWith('Object.')) return { type: objectType(name), fields: anyFields };
    if (name === 'JSONPatch') return patchDeclared;
    return super.get(name);
  }
  override has(name: string): boolean {
    return this.get(name) !== undefined;
  }
}

const patchDeclared: DeclaredType = {
  type: patchType,
  fields: new Map(
    ['op', 'path', 'from', 'value'].map((name) => [
      name,
      { name, type: { type: name === 'value' ? dynType : stringType } },
    ]),
  ),
};

const escapeKey = fn('jsonpatch.escapeKey', [stringType], stringType, (text: string) =>
  text.replaceAll('~', '~0').replaceAll('/', '~1'),
);

function mutationEnvironment(base: Environment): Environment {
  const extended = extendEnvironment(base, { libraries: [[escapeKey]] });
  return { ...extended, objectTypes: new MutationTypes(extended.objectTypes) };
}

export function compileMutatingPolicy({ metadata, spec }: MutatingAdmissionPolicy): CompiledMutatingPolicy {
  const policy = compilePolicy(metadata.name, spec ?? {});
  const environment = mutationEnvironment(policy.environment);
  return {
    ...policy,
    reinvoked: spec?.reinvocationPolicy === 'IfNeeded',
    mutations: (spec?.mutations ?? []).map(({ patchType: kind, applyConfiguration: apply, jsonPatch }) =>
      kind === 'JSONPatch'
        ? {
            kind: 'patch' as const,
            expression: expressionOf(jsonPatch?.expression ?? '', environment, [listType(patchType)]),
          }
        : {
            kind: 'apply' as const,
            expression: expressionOf(apply?.expression ?? '', environment, [objectType('Object')]),
          },
    ),
  };
}

/** Applies one mutation; returns a new object. Rejects with an Error that says why it cannot. */
export async function mutated(
  object: JsonObject,
  { kind, expression }: CompiledMutatingPolicy['mutations'][number],
  { variables, budget, schema }: { variables: Variables; budget: Budget; schema: StructSchema | undefined },
): Promise<JsonObject> {
  const value = toJson(await expression.evaluate(variables, budget));
  if (kind === 'patch') {
    return patchedObject(object, value);
  }
  if (!isJsonObject(value)) throw new CelError('must evaluate to Object');
  return merged(object, value, schema);
}

/** A patch whose test fails changes nothing, which is no error: so policies say when theirs applies. */
function patchedObject(object: JsonObject, value: unknown): JsonObject {
  const misnamed = (Array.isArray(value) ? value : []).map(({ value: one }) => misnamedValue(one)).find(Boolean);
  if (misnamed) throw new CelError(`type mismatch: ${misnamed}`);
  let patched: unknown;
  try {
    patched = applyJsonPatch(object, parseJsonPatch(value));
  } catch (error) {
    if (isFailedTest(error)) return object;
    throw new CelError(`JSON Patch: ${messageOf(error instanceof Error ? (error.cause ?? error) : error)}`);
  }
  if (!isJsonObject(patched)) throw new CelError('the patched object is no object');
  return patched;
}

/** Like a server-side apply by a manager that owns nothing yet: keyed lists are merged, nothing is removed. */
function merged(object: JsonObject, config: JsonObject, schema: StructSchema | undefined): JsonObject {
  if (!schema) return applyMergePatch(object, config) as JsonObject;
  const problem = applyProblem(config, schema);
  if (problem !== undefined) throw new CelError(problem);
  const metadata = object.metadata as JsonObject | undefined;
  const { managedFields, ...unmanaged } = metadata ?? {};
  const applied = applyConfiguration(
    { live: { ...object, metadata: unmanaged }, config, blank: decodeObject({}, schema).object },
    schema,
    { manager: 'policy', subresource: '', apiVersion: '', now: '', resetFields: fieldsOfPaths([]), force: true },
  ).object;
  const { managedFields: _, ...own } = (applied.metadata ?? {}) as JsonObject;
  return { ...applied, metadata: managedFields === undefined ? own : { ...own, managedFields } };
}
