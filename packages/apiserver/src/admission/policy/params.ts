import type { ParamKind, ParamRef } from '@typernetes/api/admissionregistration/v1';
import type { Lister } from '@typernetes/client';
import { type ApiObject, apiVersionOf, type ResourceType, selectorFromObject } from '@typernetes/machinery';

export interface ParamDeps {
  /** The resource of a kind, if it is served; and its objects. */
  resourcesOf(apiVersion: string, kind: string): readonly ResourceType<unknown>[];
  read(type: ResourceType<ApiObject>): Pick<Lister<ApiObject>, 'get' | 'list' | 'inNamespace'>;
}

/**
 * The parameter objects of a binding: the policy is evaluated for each. `[undefined]` for a policy without parameters;
 * empty if there are none and that is allowed. Throws an Error in upstream's words for a wrong configuration.
 */
export function paramsOf(
  kind: ParamKind | undefined,
  ref: ParamRef | undefined,
  { namespace, ...deps }: ParamDeps & { namespace: string },
): readonly (ApiObject | undefined)[] {
  if (!kind || !ref) return [undefined];
  const [type] = deps.resourcesOf(kind.apiVersion ?? '', kind.kind ?? '');
  if (!type)
    throw new Error(
      `failed to find resource referenced by paramKind: '${kind.apiVersion ?? ''}, Kind=${kind.kind ?? ''}'`,
    );
  const found = objectsOf(type as ResourceType<ApiObject>, ref, { ...deps, namespace });
  if (found.length > 0 || ref.parameterNotFoundAction === 'Allow') return found;
  throw new Error('no params found for policy binding with `Deny` parameterNotFoundAction');
}

function objectsOf(
  type: ResourceType<ApiObject>,
  ref: ParamRef,
  { read, namespace }: ParamDeps & { namespace: string },
): readonly ApiObject[] {
  if (!type.namespaced && ref.namespace)
    throw new Error('paramRef.namespace must not be provided for a cluster-scoped `paramKind`');
  const where = ref.namespace || namespace;
  if (type.namespaced && where === '')
    throw new Error('cannot use namespaced paramRef in policy binding that matches cluster-scoped resources');
  const objects = read(type);
  if (ref.name) {
    const one = objects.get(type.namespaced ? `${where}/${ref.name}` : ref.name);
    return one ? [shown(one, type)] : [];
  }
  const selector = selectorFromObject(ref.selector ?? {});
  const all = type.namespaced ? objects.inNamespace(where) : objects.list();
  return all.filter(({ metadata }) => selector.matches(metadata.labels)).map((one) => shown(one, type));
}

const shown = (object: ApiObject, type: ResourceType<ApiObject>): ApiObject => ({
  ...object,
  kind: type.kind,
  apiVersion: apiVersionOf(type),
});
