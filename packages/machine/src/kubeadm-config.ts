import { decodeDocuments, encodeYaml } from '@typernetes/process';

type Document = Readonly<Record<string, unknown>>;

/** The names under which this host's programs reach an API server. */
export const hostNames = ['localhost', '127.0.0.1'];

/**
 * Adds the cluster's endpoint to a kubeadm configuration that has none: to its ClusterConfiguration (which is added if it is missing), or to the `api`
 * section of an old MasterConfiguration.
 */
export function withEndpoint(config: string, endpoint: string): string {
  return withSettings(config, {
    ofCluster: (document) => ({ controlPlaneEndpoint: endpoint, ...document }),
    ofMaster: (document) => ({
      ...document,
      api: { controlPlaneEndpoint: endpoint, ...(document.api as object | undefined) },
    }),
  });
}

/** Adds this host's names to the names of the API server's certificate: not every client can be told to expect another name. */
export function withHostNames(config: string): string {
  const added = (names: unknown): string[] => [...new Set([...((names as string[] | undefined) ?? []), ...hostNames])];
  const ofOld = (document: Document): Document => ({
    ...document,
    apiServerCertSANs: added(document.apiServerCertSANs),
  });
  return withSettings(config, {
    ofCluster: (document) => {
      if (document.apiVersion === 'kubeadm.k8s.io/v1alpha3') return ofOld(document);
      const server = document.apiServer as Document | undefined;
      return { ...document, apiServer: { ...server, certSANs: added(server?.certSANs) } };
    },
    ofMaster: ofOld,
  });
}

function withSettings(
  config: string,
  { ofCluster, ofMaster }: Record<'ofCluster' | 'ofMaster', (document: Document) => Document>,
): string {
  const documents = decodeDocuments(config) as Document[];
  const has = (kind: string): boolean => documents.some((document) => document.kind === kind);
  const completed = documents.map((document) => {
    if (document.kind === 'ClusterConfiguration') return ofCluster(document);
    return document.kind === 'MasterConfiguration' ? ofMaster(document) : document;
  });
  if (!has('ClusterConfiguration') && !has('MasterConfiguration')) {
    const given = documents.find(({ apiVersion }) => String(apiVersion).startsWith('kubeadm.k8s.io/'));
    const apiVersion = given?.apiVersion ?? 'kubeadm.k8s.io/v1beta4';
    completed.push(ofCluster({ apiVersion, kind: 'ClusterConfiguration' }));
  }
  return completed.map((document) => encodeYaml(document)).join('---\n');
}
