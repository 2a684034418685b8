import type { Container, Pod, Probe } from '@typernetes/api/core/v1';
import type { Draft } from '@typernetes/machinery';
import type { Argument, ClusterConfig, InitConfig, StorageConfig } from '../config/internal.ts';
import { localAddress } from '../endpoint.ts';
import { etcdClientUrl } from '../etcd/etcd-urls.ts';
import { loopback } from '../network-address.ts';
import { storeFile, storeFolder } from '../paths.ts';
import { httpsProbe, probeTiming, type SharedPath, staticPod } from './static-pod.ts';

/** The annotation with the API server's address, from which its endpoint is found. */
export const advertiseAddressAnnotation = 'kubeadm.kubernetes.io/kube-apiserver.advertise-address.endpoint';

export function apiServerPod(config: InitConfig): Draft<Pod> {
  const { cluster } = config;
  return staticPod({
    component: 'kube-apiserver',
    imageRepository: cluster.imageRepository,
    args: apiServerArguments(config),
    extra: cluster.apiServer,
    cpu: '250m',
    annotations: { [advertiseAddressAnnotation]: localAddress(config) },
    shared: [
      { name: 'ca-certs', path: '/etc/ssl/certs', type: 'DirectoryOrCreate', readOnly: true },
      { name: 'k8s-certs', path: cluster.certificatesDir, type: 'DirectoryOrCreate', readOnly: true },
      ...storagePaths(cluster.storage),
    ],
    probes: probes(config),
  });
}

function apiServerArguments({ cluster, localEndpoint }: InitConfig): Argument[] {
  const pki = cluster.certificatesDir;
  return Object.entries({
    'advertise-address': localEndpoint.advertiseAddress,
    'allow-privileged': 'true',
    'authorization-mode': 'Node,RBAC',
    'client-ca-file': `${pki}/ca.crt`,
    'enable-admission-plugins': 'NodeRestriction',
    'enable-bootstrap-token-auth': 'true',
    'kubelet-client-certificate': `${pki}/apiserver-kubelet-client.crt`,
    'kubelet-client-key': `${pki}/apiserver-kubelet-client.key`,
    'kubelet-preferred-address-types': 'InternalIP,ExternalIP,Hostname',
    'proxy-client-cert-file': `${pki}/front-proxy-client.crt`,
    'proxy-client-key-file': `${pki}/front-proxy-client.key`,
    'requestheader-allowed-names': 'front-proxy-client',
    'requestheader-client-ca-file': `${pki}/front-proxy-ca.crt`,
    'requestheader-extra-headers-prefix': 'X-Remote-Extra-',
    'requestheader-group-headers': 'X-Remote-Group',
    'requestheader-username-headers': 'X-Remote-User',
    'secure-port': String(localEndpoint.bindPort),
    'service-account-issuer': `https://kubernetes.default.svc.${cluster.dnsDomain}`,
    'service-account-key-file': `${pki}/sa.pub`,
    'service-account-signing-key-file': `${pki}/sa.key`,
    'service-cluster-ip-range': cluster.serviceSubnet,
    'tls-cert-file': `${pki}/apiserver.crt`,
    'tls-private-key-file': `${pki}/apiserver.key`,
    ...storageArguments(cluster, localEndpoint.advertiseAddress),
  }).map(([name, value]) => ({ name, value }));
}

function storageArguments({ storage, certificatesDir }: ClusterConfig, advertised: string): Record<string, string> {
  if (storage.kind === 'embedded') return { 'storage-backend': 'sqlite', 'storage-path': storeFile };
  if (storage.kind === 'stacked-etcd') {
    // Only the local member: if it fails, the machine with this API server has usually failed too.
    return {
      'etcd-servers': etcdClientUrl(loopback(advertised)),
      'etcd-cafile': `${certificatesDir}/etcd/ca.crt`,
      'etcd-certfile': `${certificatesDir}/apiserver-etcd-client.crt`,
      'etcd-keyfile': `${certificatesDir}/apiserver-etcd-client.key`,
    };
  }
  const { endpoints, caFile, certFile, keyFile } = storage;
  return {
    'etcd-servers': endpoints.join(','),
    ...(caFile ? { 'etcd-cafile': caFile } : {}),
    ...(certFile && keyFile ? { 'etcd-certfile': certFile, 'etcd-keyfile': keyFile } : {}),
  };
}

function storagePaths(storage: StorageConfig): SharedPath[] {
  if (storage.kind === 'embedded') {
    return [{ name: 'store', path: storeFolder, type: 'DirectoryOrCreate', readOnly: false }];
  }
  if (storage.kind === 'stacked-etcd') return [];
  return [storage.caFile, storage.certFile, storage.keyFile]
    .map((file) => file.slice(0, file.lastIndexOf('/')))
    .filter((folder, i, all) => folder !== '' && all.indexOf(folder) === i)
    .map((path, i) => ({ name: `etcd-certs-${i}`, path, type: 'DirectoryOrCreate', readOnly: true }));
}

/** The kubelet's probes are anonymous: a server that refuses anonymous requests can only be probed by TCP. */
function probes({
  cluster,
  localEndpoint,
}: InitConfig): Pick<Container, 'livenessProbe' | 'readinessProbe' | 'startupProbe'> {
  const at = { host: localEndpoint.advertiseAddress, port: localEndpoint.bindPort };
  const refusesAnonymous = cluster.apiServer.extraArgs.some((a) => a.name === 'anonymous-auth' && a.value === 'false');
  const probe = (path: string, timing: Omit<Probe, 'httpGet'>): Probe =>
    refusesAnonymous ? { ...timing, tcpSocket: at } : httpsProbe(path, at, timing);
  return {
    livenessProbe: probe('/livez', probeTiming.liveness),
    readinessProbe: probe('/readyz', probeTiming.readiness),
    startupProbe: probe('/livez', probeTiming.startup),
  };
}
