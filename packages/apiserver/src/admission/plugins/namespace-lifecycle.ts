import type { Namespace } from '@typernetes/api/core/v1';
import { notFound, StatusError } from '@typernetes/machinery';
import { type ObjectSource, whenFound } from '../../object-source.ts';
import type { AdmissionPlugin, AdmissionRequest } from '../admission-plugin.ts';
import { refusal, targetOf } from '../request-target.ts';

const immortal: readonly string[] = ['default', 'kube-system', 'kube-public'];

/** Refuses writes in a missing namespace, creates in a terminating one, and the deletion of protected ones. */
export function namespaceLifecycle(deps: { readonly namespaces: ObjectSource<Namespace> }): AdmissionPlugin {
  return {
    name: 'NamespaceLifecycle',
    concerns: (request) => targetOf(request) !== 'localsubjectaccessreviews.authorization.k8s.io',
    admit: (request) => {
      const { operation, namespace, resource } = request;
      if (targetOf(request) === 'namespaces' && operation === 'DELETE' && immortal.includes(request.name)) {
        throw refusal(request, 'this namespace may not be deleted');
      }
      if (!resource.namespaced || namespace === '' || operation === 'DELETE') return;
      return whenFound(deps.namespaces.get(namespace), (found) => checkNamespace(request, found));
    },
  };
}

function checkNamespace(request: AdmissionRequest, found: Namespace | undefined): void {
  const { operation, namespace } = request;
  if (!found) throw notFound({ group: '', plural: 'namespaces' }, namespace);
  if (operation !== 'CREATE' || found.status?.phase !== 'Terminating') return;
  const why = `unable to create new content in namespace ${namespace} because it is being terminated`;
  const refused = refusal(request, why);
  const message = `namespace ${namespace} is being terminated`;
  const causes = [{ reason: 'NamespaceTerminating', message, field: 'metadata.namespace' }];
  throw new StatusError('Forbidden', refused.message, { details: { ...refused.details, causes } });
}
