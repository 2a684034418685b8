import { type Deployment, deployments } from '@typernetes/api/apps/v1';
import { type ConfigMap, configmaps, type Service, serviceaccounts, services } from '@typernetes/api/core/v1';
import { imageTag } from '@typernetes/base';
import type { ApiClient } from '@typernetes/client';
import { type Draft, isNotFound } from '@typernetes/machinery';
import { ensure, ensureThere } from '../cluster/ensure.ts';
import { grantInCluster, serviceAccount } from '../cluster/rbac.ts';
import type { ClusterConfig } from '../config/internal.ts';
import { clusterDnsAddress } from '../kubelet/kubelet-config.ts';
import { noPatches, type Patches } from '../patches/patches.ts';

const namespace = 'kube-system';
/** The names of upstream's DNS add-on, because tools look for them; the program is our cluster-dns. */
const name = 'coredns';
const labels = { 'k8s-app': 'kube-dns' };
const watch = ['list', 'watch'];

/** Deploys cluster DNS, or upgrades it to this release. An existing number of replicas and an existing Corefile are kept. */
export async function applyClusterDns(
  client: ApiClient,
  cluster: ClusterConfig,
  patches: Patches = noPatches,
): Promise<void> {
  await ensureThere(client, configmaps, clusterDnsConfigMap(cluster));
  await ensure(client, serviceaccounts, { metadata: { name, namespace } });
  await grantInCluster(client, {
    name: 'system:coredns',
    role: 'system:coredns',
    rules: [
      { apiGroups: [''], resources: ['endpoints', 'services', 'pods', 'namespaces'], verbs: watch },
      { apiGroups: ['discovery.k8s.io'], resources: ['endpointslices'], verbs: watch },
    ],
    subjects: [serviceAccount(name)],
  });
  const replicas = await presentReplicas(client);
  await ensure(client, deployments, await patches.apply('corednsdeployment', clusterDnsDeployment(cluster, replicas)));
  await ensure(client, services, clusterDnsService(clusterDnsAddress(cluster)));
}

async function presentReplicas(client: ApiClient): Promise<number | undefined> {
  try {
    return (await client.resource(deployments).get({ name, namespace })).spec?.replicas;
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw error;
  }
}

function clusterDnsConfigMap({ dnsDomain }: Pick<ClusterConfig, 'dnsDomain'>): Draft<ConfigMap> {
  return { metadata: { name, namespace }, data: { Corefile: corefile(dnsDomain) } };
}

/** The Corefile of upstream's kubeadm, to the letter. */
function corefile(domain: string): string {
  return `.:53 {
    errors
    health {
       lameduck 5s
    }
    ready
    kubernetes ${domain} in-addr.arpa ip6.arpa {
       pods insecure
       fallthrough in-addr.arpa ip6.arpa
       ttl 30
    }
    prometheus :9153
    forward . /etc/resolv.conf {
       max_concurrent 1000
    }
    cache 30 {
       disable success ${domain}
       disable denial ${domain}
    }
    loop
    reload
    loadbalance
}
`;
}

function clusterDnsService(clusterIP: string): Draft<Service> {
  return {
    metadata: {
      name: 'kube-dns',
      namespace,
      labels: { ...labels, 'kubernetes.io/cluster-service': 'true', 'kubernetes.io/name': 'CoreDNS' },
      annotations: { 'prometheus.io/port': '9153', 'prometheus.io/scrape': 'true' },
    },
    spec: {
      selector: labels,
      clusterIP,
      clusterIPs: [clusterIP],
      ports: [
        { name: 'dns', port: 53, protocol: 'UDP', targetPort: 53 },
        { name: 'dns-tcp', port: 53, protocol: 'TCP', targetPort: 53 },
        { name: 'metrics', port: 9153, protocol: 'TCP', targetPort: 9153 },
      ],
    },
  } as Draft<Service>;
}

function clusterDnsDeployment({ dns }: ClusterConfig, replicas = 2): Draft<Deployment> {
  return {
    metadata: { name, namespace, labels },
    spec: {
      replicas,
      strategy: { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: 1 } },
      selector: { matchLabels: labels },
      template: {
        metadata: { labels },
        spec: {
          priorityClassName: 'system-cluster-critical',
          serviceAccountName: name,
          affinity: {
            podAntiAffinity: {
              preferredDuringSchedulingIgnoredDuringExecution: [
                {
                  weight: 100,
                  podAffinityTerm: {
                    labelSelector: { matchExpressions: [{ key: 'k8s-app', operator: 'In', values: ['kube-dns'] }] },
                    topologyKey: 'kubernetes.io/hostname',
                  },
                },
              ],
            },
          },
          tolerations: [
            { key: 'CriticalAddonsOnly', operator: 'Exists' },
            { key: 'node-role.kubernetes.io/control-plane', effect: 'NoSchedule' },
          ],
          nodeSelector: { 'kubernetes.io/os': 'linux' },
          containers: [
            {
              name,
              image: `${dns.imageRepository}/cluster-dns:${dns.imageTag || imageTag}`,
              imagePullPolicy: 'IfNotPresent',
              command: ['cluster-dns'],
              args: ['-conf', '/etc/coredns/Corefile'],
              resources: { limits: { memory: '170Mi' }, requests: { cpu: '100m', memory: '70Mi' } },
              volumeMounts: [{ name: 'config-volume', mountPath: '/etc/coredns', readOnly: true }],
              ports: [
                { containerPort: 53, name: 'dns', protocol: 'UDP' },
                { containerPort: 53, name: 'dns-tcp', protocol: 'TCP' },
                { containerPort: 9153, name: 'metrics', protocol: 'TCP' },
              ],
              livenessProbe: {
                httpGet: { path: '/health', port: 8080, scheme: 'HTTP' },
                initialDelaySeconds: 60,
                timeoutSeconds: 5,
                successThreshold: 1,
                failureThreshold: 5,
              },
              // Without a startup probe, a readiness probe that comes before the program listens would delay readiness by a whole period.
              startupProbe: {
                httpGet: { path: '/ready', port: 8181, scheme: 'HTTP' },
                periodSeconds: 1,
                failureThreshold: 600,
              },
              readinessProbe: { httpGet: { path: '/ready', port: 8181, scheme: 'HTTP' } },
              securityContext: {
                allowPrivilegeEscalation: false,
                capabilities: { add: ['NET_BIND_SERVICE'], drop: ['ALL'] },
                readOnlyRootFilesystem: true,
              },
            },
          ],
          volumes: [{ name: 'config-volume', configMap: { name, items: [{ key: 'Corefile', path: 'Corefile' }] } }],
          // The node's own resolver settings: cluster DNS must not ask itself.
          dnsPolicy: 'Default',
        },
      },
    },
  } as Draft<Deployment>;
}
