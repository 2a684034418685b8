import { daemonsets, deployments } from '@typernetes/api/apps/v1';
import { nodes, pods } from '@typernetes/api/core/v1';
import type { ApiClient } from '@typernetes/client';
import { isNotFound } from '@typernetes/machinery';

/** A component and the release that it runs. */
export interface RunningComponent {
  readonly name: string;
  /** "" for components without a particular node. */
  readonly node: string;
  readonly version: string;
}

const namespace = 'kube-system';
const staticPods = ['kube-apiserver', 'kube-controller-manager', 'kube-scheduler'] as const;

/** The tag of an image as a version: `v1.36.2-typernetes.0.1.0` stands for `v1.36.2+typernetes.0.1.0`. */
function versionOfImage(image: string): string {
  const tag = image.slice(image.lastIndexOf(':') + 1);
  return tag.replace(/-typernetes\./, '+typernetes.');
}

/** The static pods of the control planes, by component and node. */
export async function controlPlaneComponents(
  client: Pick<ApiClient, 'resource'>,
  components: readonly string[] = [...staticPods, 'etcd'],
): Promise<RunningComponent[]> {
  const { items } = await client.resource(pods).list({ namespace, labelSelector: 'tier=control-plane' });
  return components.flatMap((name) =>
    items
      .filter((pod) => pod.metadata.labels?.component === name)
      .map((pod) => ({
        name,
        node: pod.spec?.nodeName ?? '',
        version: versionOfImage(pod.spec?.containers[0]?.image ?? ''),
      }))
      .sort((a, b) => (a.node < b.node ? -1 : 1)),
  );
}

/** kube-proxy and cluster DNS, if they are deployed. */
export async function addonComponents(client: Pick<ApiClient, 'resource'>): Promise<RunningComponent[]> {
  const proxy = await imageOf(() => client.resource(daemonsets).get({ name: 'kube-proxy', namespace }));
  const dns = await imageOf(() => client.resource(deployments).get({ name: 'coredns', namespace }));
  return [
    ...(proxy === undefined ? [] : [{ name: 'kube-proxy', node: '', version: versionOfImage(proxy) }]),
    ...(dns === undefined ? [] : [{ name: 'CoreDNS', node: '', version: versionOfImage(dns) }]),
  ];
}

export async function kubelets(client: Pick<ApiClient, 'resource'>): Promise<RunningComponent[]> {
  const { items } = await client.resource(nodes).list();
  return items
    .map((node) => ({
      name: 'kubelet',
      node: node.metadata.name,
      version: node.status?.nodeInfo?.kubeletVersion ?? '',
    }))
    .sort((a, b) => (a.node < b.node ? -1 : 1));
}

/** The API server's version. */
export async function clusterVersion(client: ApiClient): Promise<string> {
  const { gitVersion } = await client.json<{ gitVersion: string }>('GET', '/version');
  return gitVersion;
}

interface Workload {
  readonly spec?: { readonly template: { readonly spec?: { readonly containers: readonly { image?: string }[] } } };
}

async function imageOf(read: () => Promise<Workload>): Promise<string | undefined> {
  try {
    return (await read()).spec?.template.spec?.containers[0]?.image;
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw error;
  }
}
