import { type Deployment, deployments } from '@typernetes/api/apps/v1';
import { type Service, serviceaccounts, services } from '@typernetes/api/core/v1';
import { imageTag } from '@typernetes/base';
import type { ApiClient } from '@typernetes/client';
import type { Draft } from '@typernetes/machinery';
import { ensure } from '../cluster/ensure.ts';
import { grantInCluster, serviceAccount } from '../cluster/rbac.ts';
import type { ClusterConfig } from '../config/internal.ts';
import { clusterDnsAddress } from '../kubelet/kubelet-config.ts';

const namespace = 'kube-system';
/** The names of upstream's DNS add-on, because tools look for them; the program is our cluster-dns. */
const name = 'coredns';
const labels = { 'k8s-app': 'kube-dns' };
const watch = ['list', 'watch'];

export async function applyClusterDns(client: ApiClient, cluster: ClusterConfig): Promise<void> {
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
  await ensure(client, deployments, clusterDnsDeployment(cluster));
  await ensure(client, services, clusterDnsService(clusterDnsAddress(cluster)));
}

export function clusterDnsService(clusterIP: string): Draft<Service> {
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

export function clusterDnsDeployment({ dns, dnsDomain }: ClusterConfig): Draft<Deployment> {
  return {
    metadata: { name, namespace, labels },
    spec: {
      replicas: 2,
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
              args: [`--cluster-domain=${dnsDomain}`],
              resources: { limits: { memory: '170Mi' }, requests: { cpu: '100m', memory: '70Mi' } },
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
              readinessProbe: { httpGet: { path: '/ready', port: 8181, scheme: 'HTTP' } },
              securityContext: {
                allowPrivilegeEscalation: false,
                capabilities: { add: ['NET_BIND_SERVICE'], drop: ['ALL'] },
                readOnlyRootFilesystem: true,
              },
            },
          ],
          // The node's own resolver settings: cluster DNS must not ask itself.
          dnsPolicy: 'Default',
        },
      },
    },
  } as Draft<Deployment>;
}
