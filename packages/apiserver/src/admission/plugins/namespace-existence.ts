import { type Namespace, namespaces } from '@typernetes/api/core/v1';
import type { ApiClient } from '@typernetes/client';
import { isAlreadyExists, notFound } from '@typernetes/machinery';
import type { ObjectSource } from '../../object-source.ts';
import type { AdmissionPlugin, AdmissionRequest } from '../admission-plugin.ts';
import { refusal, targetOf } from '../request-target.ts';

interface Deps {
  readonly namespaces: ObjectSource<Namespace>;
  readonly client: Pick<ApiClient, 'resource'>;
}

const isInside = (request: AdmissionRequest): boolean => request.namespace !== '' && targetOf(request) !== 'namespaces';

/** Creates a missing namespace when an object is created in it. */
export function namespaceAutoProvision(deps: Deps): AdmissionPlugin {
  return {
    name: 'NamespaceAutoProvision',
    handles: (request) => request.operation === 'CREATE' && isInside(request),
    admit: async (request) => {
      if (request.dryRun || (await deps.namespaces.get(request.namespace))) return;
      try {
        await deps.client.resource(namespaces).create({ metadata: { name: request.namespace }, spec: {} });
      } catch (error) {
        if (!isAlreadyExists(error)) throw refusal(request, String(error));
      }
    },
  };
}

/** Refuses writes in a namespace that does not exist. */
export function namespaceExists({ namespaces: known }: Pick<Deps, 'namespaces'>): AdmissionPlugin {
  return {
    name: 'NamespaceExists',
    handles: isInside,
    validate: async ({ namespace }) => {
      if (!(await known.get(namespace))) throw notFound({ group: '', plural: 'namespaces' }, namespace);
    },
  };
}
