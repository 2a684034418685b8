import type { Namespace, ServiceAccount } from '@typernetes/api/core/v1';
import type { Lister, Reconciler, Result, Writer } from '@typernetes/client';
import { isAlreadyExists } from '@typernetes/machinery';

interface ServiceAccountDeps {
  readonly namespaces: Pick<Lister<Namespace>, 'get'>;
  readonly serviceAccounts: Pick<Lister<ServiceAccount>, 'get'>;
  readonly client: Pick<Writer<ServiceAccount>, 'create'>;
}

export function serviceAccountReconciler({ namespaces, serviceAccounts, client }: ServiceAccountDeps): Reconciler {
  return {
    name: 'serviceaccount-controller',
    async reconcile(key): Promise<Result> {
      const namespace = namespaces.get(key);
      if (!namespace || namespace.metadata.deletionTimestamp !== undefined) return {};
      if (serviceAccounts.get(`${key}/default`)) return {};
      try {
        await client.create({ metadata: { name: 'default', namespace: key } });
      } catch (error) {
        if (!isAlreadyExists(error)) throw error;
      }
      return {};
    },
  };
}
