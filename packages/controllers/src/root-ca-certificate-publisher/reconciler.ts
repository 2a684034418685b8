import type { ConfigMap, Namespace } from '@typernetes/api/core/v1';
import type { Lister, Reconciler, Result, Writer } from '@typernetes/client';
import { jsonEqual } from '@typernetes/machinery';

export const rootCaName = 'kube-root-ca.crt';
const descriptionAnnotation = 'kubernetes.io/description';
const description =
  'Contains a CA bundle that can be used to verify the kube-apiserver when using internal endpoints such as the internal ' +
  'service IP or kubernetes.default.svc. No other usage is guaranteed across distributions of Kubernetes clusters.';

interface RootCaDeps {
  readonly namespaces: Pick<Lister<Namespace>, 'get'>;
  readonly configMaps: Pick<Lister<ConfigMap>, 'get'>;
  readonly client: Pick<Writer<ConfigMap>, 'create' | 'update'>;
  readonly rootCa: string;
}

export function rootCaReconciler({ namespaces, configMaps, client, rootCa }: RootCaDeps): Reconciler {
  const data = { 'ca.crt': rootCa };
  return {
    name: 'root-ca-certificate-publisher-controller',
    async reconcile(key): Promise<Result> {
      const namespace = namespaces.get(key);
      if (!namespace || namespace.metadata.deletionTimestamp !== undefined) return {};
      const current = configMaps.get(`${key}/${rootCaName}`);
      const annotations = { ...current?.metadata.annotations, [descriptionAnnotation]: description };
      if (!current) await client.create({ metadata: { name: rootCaName, namespace: key, annotations }, data });
      else if (!jsonEqual(current.data, data) || !jsonEqual(current.metadata.annotations, annotations))
        await client.update({ ...current, metadata: { ...current.metadata, annotations }, data });
      return {};
    },
  };
}
