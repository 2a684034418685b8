import { isJsonObject, type JsonObject } from '@typernetes/machinery';

/** The service account that stands for one of Google's cloud, as IAMPolicyGenerator makes it. Throws for other clouds. */
export function policyAccount({ cloud = '', kubernetesService, serviceAccount }: JsonObject): JsonObject {
  if (cloud !== 'gke') throw new Error(`cloud provider ${String(cloud)} not supported yet`);
  const text = (of: unknown, name: string): string => (isJsonObject(of) ? String(of[name] ?? '') : '');
  const namespace = text(kubernetesService, 'namespace');
  const account = `${text(serviceAccount, 'name')}@${text(serviceAccount, 'projectId')}.iam.gserviceaccount.com`;
  return {
    apiVersion: 'v1',
    kind: 'ServiceAccount',
    metadata: {
      annotations: { 'iam.gke.io/gcp-service-account': account },
      name: text(kubernetesService, 'name'),
      ...(namespace === '' ? {} : { namespace }),
    },
  };
}
