/**
 * An operator written with the Kubernetes client for JavaScript: creates a Deployment for each Website, and reports its
 * readiness in the Website's status.
 */
import {
  AppsV1Api,
  CustomObjectsApi,
  type KubeConfig,
  type KubernetesObject,
  KubernetesObjectApi,
  makeInformer,
  PatchStrategy,
  type V1Deployment,
  type V1ObjectMeta,
} from '@kubernetes/client-node';

export interface Website extends KubernetesObject {
  spec: { image: string; replicas: number };
  status?: { readyReplicas: number };
}

const kind = { group: 'example.com', version: 'v1', plural: 'websites' };
const fieldManager = 'website-operator';

/** The Deployment for a Website. */
export function deploymentOf({ metadata, spec }: Website): V1Deployment {
  const { name = '', namespace = '', uid = '' } = metadata as V1ObjectMeta;
  const labels = { website: name };
  const owner = {
    apiVersion: 'example.com/v1',
    kind: 'Website',
    name,
    uid,
    controller: true,
    blockOwnerDeletion: true,
  };
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name, namespace, labels, ownerReferences: [owner] },
    spec: {
      replicas: spec.replicas,
      selector: { matchLabels: labels },
      template: { metadata: { labels }, spec: { containers: [{ name: 'web', image: spec.image }] } },
    },
  };
}

/** Runs until `stop` is called. Errors of single writes go to `onError`: the next event retries. */
export async function startOperator(
  config: KubeConfig,
  onError: (error: unknown) => void,
): Promise<() => Promise<void>> {
  const objects = KubernetesObjectApi.makeApiClient(config);
  const custom = config.makeApiClient(CustomObjectsApi);
  const apps = config.makeApiClient(AppsV1Api);

  const apply = async (website: Website): Promise<void> => {
    await objects.patch(deploymentOf(website), undefined, undefined, fieldManager, true, PatchStrategy.ServerSideApply);
  };
  const report = async ({ metadata, status }: V1Deployment): Promise<void> => {
    const { name = '', namespace = '', labels } = metadata ?? {};
    if (labels?.website === undefined) return;
    const body = [{ op: 'add', path: '/status', value: { readyReplicas: status?.readyReplicas ?? 0 } }];
    await custom.patchNamespacedCustomObjectStatus({ ...kind, namespace, name, body });
  };
  const attempt = (work: Promise<void>): void => {
    work.catch(onError);
  };

  const websites = makeInformer<Website>(config, '/apis/example.com/v1/websites', () =>
    custom.listCustomObjectForAllNamespaces({ ...kind, resourcePlural: kind.plural }),
  );
  const deployments = makeInformer<V1Deployment>(config, '/apis/apps/v1/deployments', () =>
    apps.listDeploymentForAllNamespaces(),
  );
  websites.on('add', (website) => attempt(apply(website)));
  websites.on('update', (website) => attempt(apply(website)));
  deployments.on('change', (deployment) => attempt(report(deployment)));
  await Promise.all([websites.start(), deployments.start()]);
  return async () => {
    await Promise.all([websites.stop(), deployments.stop()]);
  };
}
