import { type DaemonSet, daemonsets } from '@typernetes/api/apps/v1';
import { configmaps, type EnvVar, serviceaccounts } from '@typernetes/api/core/v1';
import { imageTag } from '@typernetes/base';
import type { ApiClient } from '@typernetes/client';
import type { Draft } from '@typernetes/machinery';
import { encodeYaml } from '@typernetes/process';
import { ensure } from '../cluster/ensure.ts';
import { bootstrappersGroup, grantInCluster, grantInNamespace, group, serviceAccount } from '../cluster/rbac.ts';
import type { InitConfig } from '../config/internal.ts';
import { controlPlaneAddress } from '../endpoint.ts';
import type { Host } from '../host.ts';
import { proxyEnvironment } from '../manifests/proxy-environment.ts';

const namespace = 'kube-system';
const name = 'kube-proxy';
const folder = '/var/lib/kube-proxy';
const serviceAccountFolder = '/var/run/secrets/kubernetes.io/serviceaccount';

/** Everything that makes kube-proxy run on every node. */
export async function applyKubeProxy(
  client: ApiClient,
  { config, host }: { config: InitConfig; host: Pick<Host, 'machine'> },
): Promise<void> {
  await ensure(client, serviceaccounts, { metadata: { name, namespace } });
  await grantInCluster(client, {
    name: 'kubeadm:node-proxier',
    role: 'system:node-proxier',
    subjects: [serviceAccount(name)],
  });
  await grantInNamespace(client, {
    name,
    namespace,
    rules: [{ apiGroups: [''], resources: ['configmaps'], resourceNames: [name], verbs: ['get'] }],
    subjects: [group(bootstrappersGroup)],
  });
  await ensure(client, configmaps, {
    metadata: { name, namespace, labels: { app: name } },
    data: {
      'config.conf': encodeYaml(kubeProxyConfiguration(config)),
      'kubeconfig.conf': encodeYaml(kubeconfig(controlPlaneAddress(config))),
    },
  });
  await ensure(
    client,
    daemonsets,
    kubeProxyDaemonSet(config.cluster.imageRepository, proxyEnvironment(host.machine.proxies)),
  );
}

export function kubeProxyConfiguration(config: InitConfig): Record<string, unknown> {
  return {
    apiVersion: 'kubeproxy.config.k8s.io/v1alpha1',
    kind: 'KubeProxyConfiguration',
    bindAddress: config.localEndpoint.advertiseAddress.includes(':') ? '::' : '0.0.0.0',
    clientConnection: { kubeconfig: `${folder}/kubeconfig.conf` },
    clusterCIDR: config.cluster.podSubnet,
    mode: 'iptables',
    ...config.kubeProxy,
  };
}

/** kube-proxy is what makes Services work, so it cannot reach the API through one: it gets the real address. */
function kubeconfig(address: string): Record<string, unknown> {
  return {
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [
      {
        name: 'default',
        cluster: { 'certificate-authority': `${serviceAccountFolder}/ca.crt`, server: `https://${address}` },
      },
    ],
    contexts: [{ name: 'default', context: { cluster: 'default', namespace: 'default', user: 'default' } }],
    users: [{ name: 'default', user: { tokenFile: `${serviceAccountFolder}/token` } }],
    'current-context': 'default',
  };
}

function kubeProxyDaemonSet(imageRepository: string, environment: readonly EnvVar[]): Draft<DaemonSet> {
  const labels = { 'k8s-app': name };
  return {
    metadata: { name, namespace, labels },
    spec: {
      selector: { matchLabels: labels },
      updateStrategy: { type: 'RollingUpdate' },
      template: {
        metadata: { labels },
        spec: {
          priorityClassName: 'system-node-critical',
          containers: [
            {
              name,
              image: `${imageRepository}/kube-proxy:${imageTag}`,
              imagePullPolicy: 'IfNotPresent',
              command: ['kube-proxy', `--config=${folder}/config.conf`, '--hostname-override=$(NODE_NAME)'],
              env: [{ name: 'NODE_NAME', valueFrom: { fieldRef: { fieldPath: 'spec.nodeName' } } }, ...environment],
              securityContext: { privileged: true },
              volumeMounts: [
                { name, mountPath: folder },
                { name: 'xtables-lock', mountPath: '/run/xtables.lock' },
                { name: 'lib-modules', mountPath: '/lib/modules', readOnly: true },
              ],
            },
          ],
          hostNetwork: true,
          serviceAccountName: name,
          volumes: [
            { name, configMap: { name } },
            { name: 'xtables-lock', hostPath: { path: '/run/xtables.lock', type: 'FileOrCreate' } },
            { name: 'lib-modules', hostPath: { path: '/lib/modules' } },
          ],
          tolerations: [{ operator: 'Exists' }],
          nodeSelector: { 'kubernetes.io/os': 'linux' },
        },
      },
    },
  } as Draft<DaemonSet>;
}
