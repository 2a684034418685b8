import type { Pod } from '@typernetes/api/core/v1';
import type { Draft } from '@typernetes/machinery';
import type { InitConfig } from '../config/internal.ts';
import { kubernetesFolder } from '../paths.ts';
import { httpsProbe, probeTiming, staticPod } from './static-pod.ts';

/** With `externalCa` the CA's key is not on this machine, so the controller manager signs nothing. */
export function controllerManagerPod({ cluster }: InitConfig, options: { externalCa?: boolean } = {}): Draft<Pod> {
  const pki = cluster.certificatesDir;
  const kubeconfig = `${kubernetesFolder}/controller-manager.conf`;
  const at = { host: '127.0.0.1', port: 10257 };
  return staticPod({
    component: 'kube-controller-manager',
    imageRepository: cluster.imageRepository,
    args: Object.entries({
      ...(cluster.podSubnet ? { 'allocate-node-cidrs': 'true', 'cluster-cidr': cluster.podSubnet } : {}),
      'authentication-kubeconfig': kubeconfig,
      'authorization-kubeconfig': kubeconfig,
      'bind-address': at.host,
      'client-ca-file': `${pki}/ca.crt`,
      'cluster-name': cluster.clusterName,
      'cluster-signing-cert-file': options.externalCa ? '' : `${pki}/ca.crt`,
      'cluster-signing-key-file': options.externalCa ? '' : `${pki}/ca.key`,
      controllers: '*,bootstrapsigner,tokencleaner',
      kubeconfig,
      'leader-elect': 'true',
      'requestheader-client-ca-file': `${pki}/front-proxy-ca.crt`,
      'root-ca-file': `${pki}/ca.crt`,
      'service-account-private-key-file': `${pki}/sa.key`,
      'service-cluster-ip-range': cluster.serviceSubnet,
      'use-service-account-credentials': 'true',
    }).map(([name, value]) => ({ name, value })),
    extra: cluster.controllerManager,
    cpu: '200m',
    shared: [
      { name: 'ca-certs', path: '/etc/ssl/certs', type: 'DirectoryOrCreate', readOnly: true },
      { name: 'k8s-certs', path: pki, type: 'DirectoryOrCreate', readOnly: true },
      { name: 'kubeconfig', path: kubeconfig, type: 'FileOrCreate', readOnly: true },
    ],
    probes: {
      livenessProbe: httpsProbe('/healthz', at, probeTiming.liveness),
      startupProbe: httpsProbe('/healthz', at, probeTiming.startup),
    },
  });
}
