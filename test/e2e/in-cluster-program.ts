/**
 * The first steps of an application in a pod: the Kubernetes project's client finds the cluster by itself, with the
 * files that the kubelet mounted.
 */
import { CoreV1Api, KubeConfig } from '@kubernetes/client-node';

const config = new KubeConfig();
config.loadFromCluster();
const api = config.makeApiClient(CoreV1Api);
const namespace = config.getContextObject(config.currentContext)?.namespace ?? 'none';
const { items } = await api.listNamespacedPod({ namespace });
const secrets = await api.listNamespacedSecret({ namespace }).then(
  () => 'allowed',
  (error: { code?: number }) => String(error.code),
);
process.stdout.write(`${JSON.stringify({ namespace, pods: items.map(({ metadata }) => metadata?.name), secrets })}\n`);
