import type { ApiObject, ResourceType } from '@typernetes/machinery';
import { jsonEqual } from '@typernetes/machinery';
import type { Authorize } from '../../authorization/authorizer.ts';
import type { AdmissionPlugin, AdmissionRequest } from '../admission-plugin.ts';
import { refusal, targetOf } from '../request-target.ts';

type OwnerReference = NonNullable<ApiObject['metadata']['ownerReferences']>[number];

/**
 * Owners decide when an object is deleted. So changing them takes the permission to delete it, and blocking an owner's
 * deletion takes the permission to update the owner's finalizers.
 */
export function ownerReferencesPermissionEnforcement(deps: {
  readonly authorize: Authorize;
  /** The resources of a kind: several may share one. */
  resourcesOf(apiVersion: string, kind: string): readonly ResourceType<unknown>[];
}): AdmissionPlugin {
  const may = async (
    request: AdmissionRequest,
    verb: string,
    what: { resource: ResourceType<unknown>; subresource: string; name: string },
  ) => {
    const { group, version, plural, namespaced } = what.resource;
    const decision = await deps.authorize({
      user: request.user,
      verb,
      isResourceRequest: true,
      path: '',
      apiGroup: group,
      apiVersion: version,
      resource: plural,
      subresource: what.subresource,
      namespace: namespaced ? request.namespace : '',
      name: what.name,
    });
    return decision.verdict === 'allow' ? undefined : decision.reason;
  };
  return {
    name: 'OwnerReferencesPermissionEnforcement',
    handles: (request) =>
      (request.operation === 'CREATE' || request.operation === 'UPDATE') &&
      targetOf(request) !== 'pods/status' &&
      request.object?.metadata !== undefined &&
      !jsonEqual(ownersOf(request.object), ownersOf(request.oldObject)),
    validate: async (request) => {
      const { resource, subresource, name } = request;
      const refused = await may(request, 'delete', { resource, subresource, name });
      if (refused !== undefined)
        throw refusal(request, `cannot set an ownerRef on a resource you can't delete: ${refused}, <nil>`);
      for (const reference of newlyBlocking(request)) {
        const owners = deps.resourcesOf(reference.apiVersion, reference.kind);
        if (owners.length === 0)
          throw refusal(
            request,
            `cannot set blockOwnerDeletion in this case because cannot find RESTMapping for APIVersion ${reference.apiVersion} Kind ${reference.kind}`,
          );
        for (const owner of owners) {
          const why = await may(request, 'update', {
            resource: owner,
            subresource: 'finalizers',
            name: reference.name,
          });
          if (why !== undefined)
            throw refusal(
              request,
              `cannot set blockOwnerDeletion if an ownerReference refers to a resource you can't set finalizers on: ${why}, <nil>`,
            );
        }
      }
    },
  };
}

const ownersOf = (object: ApiObject | undefined): readonly OwnerReference[] => object?.metadata.ownerReferences ?? [];

function newlyBlocking({ object, oldObject }: AdmissionRequest): OwnerReference[] {
  const blocked = new Set(ownersOf(oldObject).flatMap((one) => (one.blockOwnerDeletion ? [one.uid] : [])));
  return ownersOf(object).filter(({ blockOwnerDeletion, uid }) => blockOwnerDeletion && !blocked.has(uid));
}
