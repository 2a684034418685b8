import { decodeDocuments, encodeYaml } from '@typernetes/process';

/**
 * A kubeadm configuration with the cluster's endpoint in it, unless it names one itself: in its ClusterConfiguration (added if there is
 * none), or in the `api` section of the MasterConfiguration of old.
 */
export function withEndpoint(config: string, endpoint: string): string {
  const documents = decodeDocuments(config) as Record<string, unknown>[];
  const has = (kind: string): boolean => documents.some((document) => document.kind === kind);
  const completed = documents.map((document) => {
    if (document.kind === 'ClusterConfiguration') return { controlPlaneEndpoint: endpoint, ...document };
    if (document.kind !== 'MasterConfiguration') return document;
    return { ...document, api: { controlPlaneEndpoint: endpoint, ...(document.api as object | undefined) } };
  });
  if (!has('ClusterConfiguration') && !has('MasterConfiguration')) {
    const apiVersion = 'kubeadm.k8s.io/v1beta4';
    completed.push({ apiVersion, kind: 'ClusterConfiguration', controlPlaneEndpoint: endpoint });
  }
  return completed.map((document) => encodeYaml(document)).join('---\n');
}
