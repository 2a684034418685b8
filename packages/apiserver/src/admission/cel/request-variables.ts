import { type Ask, celAuthorizer, celRequestResource, type Variables } from '@typernetes/cel';
import type { ResourceType } from '@typernetes/machinery';
import type { Authorize } from '../../authorization/authorizer.ts';
import type { AdmissionRequest } from '../admission-plugin.ts';
import type { EquivalentResources } from '../webhook/matching.ts';
import { reviewOf } from '../webhook/review.ts';

export interface VariableDeps {
  readonly authorize: Authorize;
  readonly equivalents: EquivalentResources;
}

/** The variables of expressions about a write, in the version of `type`. Each is computed on first use. */
export function requestVariables(
  request: AdmissionRequest,
  { type, authorize, equivalents }: VariableDeps & { type: ResourceType<unknown> },
): Variables {
  const once = <T>(make: () => T): (() => T) => {
    let made: { value: T } | undefined;
    return () => {
      made ??= { value: make() };
      return made.value;
    };
  };
  const review = once(() => reviewOf(request, { type, version: 'v1', equivalents }).request);
  const ask = asker(request, authorize);
  return {
    object: () => review().object ?? null,
    oldObject: () => review().oldObject ?? null,
    request: () => {
      const { object: _, oldObject: __, ...rest } = review();
      return { subResource: '', requestSubResource: '', name: '', namespace: '', ...rest };
    },
    namespaceObject: null,
    authorizer: once(() => celAuthorizer(ask)),
    'authorizer.requestResource': once(() => {
      const { resource, subresource, namespace, name } = request;
      return celRequestResource(ask, {
        group: resource.group,
        resource: resource.plural,
        ...(subresource ? { subresource } : {}),
        ...(namespace ? { namespace } : {}),
        ...(name ? { name } : {}),
      });
    }),
  };
}

/** Questions are about the sender of the request, or about the service account that an expression names. */
function asker(request: AdmissionRequest, authorize: Authorize): Ask {
  return async ({ verb, serviceAccount, path, group = '', resource = '', ...rest }) => {
    const user = serviceAccount
      ? {
          username: `system:serviceaccount:${serviceAccount.namespace}:${serviceAccount.name}`,
          groups: [
            'system:serviceaccounts',
            `system:serviceaccounts:${serviceAccount.namespace}`,
            'system:authenticated',
          ],
        }
      : request.user;
    const decision = await authorize({
      user,
      verb,
      isResourceRequest: path === undefined,
      path: path ?? '',
      apiGroup: group,
      apiVersion: '*',
      resource,
      subresource: rest.subresource ?? '',
      namespace: rest.namespace ?? '',
      name: rest.name ?? '',
      ...(rest.fieldSelector === undefined ? {} : { fieldSelector: rest.fieldSelector }),
    });
    return { allowed: decision.verdict === 'allow', reason: decision.reason };
  };
}
