import type { Pod } from '@typernetes/api/core/v1';
import type { Draft } from '@typernetes/machinery';
import type { InitConfig, StackedEtcd } from '../config/internal.ts';
import { etcdClientUrl, etcdClientUrlsAnnotation, etcdPeerUrl } from '../etcd/etcd-urls.ts';
import { hostPort, loopback } from '../network-address.ts';
import { probeTiming, staticPod } from './static-pod.ts';

/** The members of the cluster that a new one joins, including itself. */
export interface InitialMember {
  readonly name: string;
  readonly peerUrl: string;
}

/** This machine's member: the first of a new cluster, or one that joins the `existing` members. */
export function etcdPod(config: InitConfig, etcd: StackedEtcd, existing: readonly InitialMember[] = []): Draft<Pod> {
  const { cluster, localEndpoint, node } = config;
  const pki = `${cluster.certificatesDir}/etcd`;
  const clientUrl = etcdClientUrl(localEndpoint.advertiseAddress);
  const peerUrl = etcdPeerUrl(localEndpoint.advertiseAddress);
  const local = loopback(localEndpoint.advertiseAddress);
  const members = existing.length > 0 ? existing : [{ name: node.name, peerUrl }];
  return staticPod({
    component: 'etcd',
    imageRepository: etcd.imageRepository,
    imageTag: etcd.imageTag,
    args: Object.entries({
      'advertise-client-urls': clientUrl,
      'cert-file': `${pki}/server.crt`,
      'client-cert-auth': 'true',
      'data-dir': etcd.dataDir,
      'experimental-initial-corrupt-check': 'true',
      'experimental-watch-progress-notify-interval': '5s',
      'initial-advertise-peer-urls': peerUrl,
      'initial-cluster': members.map((member) => `${member.name}=${member.peerUrl}`).join(','),
      ...(existing.length > 0 ? { 'initial-cluster-state': 'existing' } : {}),
      'key-file': `${pki}/server.key`,
      'listen-client-urls': `${etcdClientUrl(local)},${clientUrl}`,
      'listen-metrics-urls': `http://${hostPort(local, 2381)}`,
      'listen-peer-urls': peerUrl,
      name: node.name,
      'peer-cert-file': `${pki}/peer.crt`,
      'peer-client-cert-auth': 'true',
      'peer-key-file': `${pki}/peer.key`,
      'peer-trusted-ca-file': `${pki}/ca.crt`,
      'snapshot-count': '10000',
      'trusted-ca-file': `${pki}/ca.crt`,
    }).map(([name, value]) => ({ name, value })),
    extra: { extraArgs: etcd.extraArgs, extraVolumes: [], extraEnvs: etcd.extraEnvs },
    cpu: '100m',
    memory: '100Mi',
    annotations: { [etcdClientUrlsAnnotation]: clientUrl },
    shared: [
      { name: 'etcd-certs', path: pki, type: 'DirectoryOrCreate', readOnly: false },
      { name: 'etcd-data', path: etcd.dataDir, type: 'DirectoryOrCreate', readOnly: false },
    ],
    probes: probes(local),
  });
}

/**
 * etcd's health needs a quorum. A member without quorum is not ready, but a restart would not bring the quorum back, and back-off would keep
 * the member down when the others return. So it is alive while it listens.
 */
function probes(host: string) {
  const at = { host, port: 2381 };
  return {
    livenessProbe: { ...probeTiming.liveness, tcpSocket: at },
    readinessProbe: { ...probeTiming.readiness, httpGet: { ...at, path: '/health', scheme: 'HTTP' as const } },
    startupProbe: { ...probeTiming.startup, tcpSocket: at },
  };
}
