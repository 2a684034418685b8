import { isIP } from 'node:net';
import type { Usage } from '@typernetes/pki';
import type { ClusterConfig, InitConfig } from '../config/internal.ts';
import { addressInSubnet, splitHostPort } from '../network-address.ts';

/** A certificate authority and what it signs. The names of files and phases are upstream's. */
export interface AuthoritySpec {
  /** Of the phase. */
  readonly name: string;
  readonly short: string;
  /** Of the files, without `.crt` and `.key`. */
  readonly file: string;
  readonly commonName: string;
  /** Whether this cluster needs it; if undefined, every cluster does. */
  readonly neededBy?: (cluster: ClusterConfig) => boolean;
  readonly leaves: readonly LeafSpec[];
}

export interface LeafSpec {
  /** Of the phase. */
  readonly name: string;
  readonly short: string;
  /** Of the files, without `.crt` and `.key`; the phase's name when missing. */
  readonly file?: string;
  readonly commonName: string | ((config: InitConfig) => string);
  readonly organizations?: readonly string[];
  readonly usages: readonly Usage[];
  /** Present for serving certificates. */
  readonly names?: (config: InitConfig) => { dnsNames: string[]; ipAddresses: string[] };
}

const serving: readonly Usage[] = ['digital signature', 'key encipherment', 'server auth'];
const client: readonly Usage[] = ['digital signature', 'key encipherment', 'client auth'];

/** The certificates of a control plane. */
export const authorities: readonly AuthoritySpec[] = [
  {
    name: 'ca',
    short: 'Generate the self-signed Kubernetes CA to provision identities for other Kubernetes components',
    file: 'ca',
    commonName: 'kubernetes',
    leaves: [
      {
        name: 'apiserver',
        short: 'Generate the certificate for serving the Kubernetes API',
        commonName: 'kube-apiserver',
        usages: serving,
        names: apiServerNames,
      },
      {
        name: 'apiserver-kubelet-client',
        short: 'Generate the certificate for the API server to connect to kubelet',
        commonName: 'kube-apiserver-kubelet-client',
        organizations: ['kubeadm:cluster-admins'],
        usages: client,
      },
    ],
  },
  {
    name: 'front-proxy-ca',
    short: 'Generate the self-signed CA to provision identities for front proxy',
    file: 'front-proxy-ca',
    commonName: 'front-proxy-ca',
    leaves: [
      {
        name: 'front-proxy-client',
        short: 'Generate the certificate for the front proxy client',
        commonName: 'front-proxy-client',
        usages: client,
      },
    ],
  },
  {
    name: 'etcd-ca',
    short: 'Generate the self-signed CA to provision identities for etcd',
    file: 'etcd/ca',
    commonName: 'etcd-ca',
    neededBy: ({ storage }) => storage.kind === 'stacked-etcd',
    leaves: [
      {
        name: 'etcd-server',
        short: 'Generate the certificate for serving etcd',
        file: 'etcd/server',
        commonName: ({ node }) => node.name,
        // etcd's JSON gateway uses it as a client certificate towards etcd itself.
        usages: [...serving, 'client auth'],
        names: (config) => etcdNames(config, 'serverCertSANs'),
      },
      {
        name: 'etcd-peer',
        short: 'Generate the certificate for etcd nodes to communicate with each other',
        file: 'etcd/peer',
        commonName: ({ node }) => node.name,
        usages: [...serving, 'client auth'],
        names: (config) => etcdNames(config, 'peerCertSANs'),
      },
      {
        name: 'etcd-healthcheck-client',
        short: 'Generate the certificate for liveness probes to healthcheck etcd',
        file: 'etcd/healthcheck-client',
        commonName: 'kube-etcd-healthcheck-client',
        usages: client,
      },
      {
        name: 'apiserver-etcd-client',
        short: 'Generate the certificate the apiserver uses to access etcd',
        commonName: 'kube-apiserver-etcd-client',
        usages: client,
      },
    ],
  },
];

export const leafFile = ({ file, name }: LeafSpec): string => file ?? name;

/** The names by which its own API server and its peers reach an etcd member. */
function etcdNames(
  { cluster, localEndpoint, node }: InitConfig,
  extra: 'serverCertSANs' | 'peerCertSANs',
): { dnsNames: string[]; ipAddresses: string[] } {
  const more = cluster.storage.kind === 'stacked-etcd' ? cluster.storage[extra] : [];
  return sorted(['localhost', node.name, localEndpoint.advertiseAddress, '127.0.0.1', '::1', ...more]);
}

/** The names of the API server: those that pods and people use, and those that the configuration adds. */
function apiServerNames(config: InitConfig): { dnsNames: string[]; ipAddresses: string[] } {
  const { cluster, localEndpoint, node } = config;
  const shared = cluster.controlPlaneEndpoint === '' ? [] : [splitHostPort(cluster.controlPlaneEndpoint).host];
  const names = [
    node.name,
    'kubernetes',
    'kubernetes.default',
    'kubernetes.default.svc',
    `kubernetes.default.svc.${cluster.dnsDomain}`,
    addressInSubnet(cluster.serviceSubnet, 1),
    localEndpoint.advertiseAddress,
    ...shared,
    ...cluster.apiServer.certSANs,
  ];
  return sorted(names);
}

function sorted(names: readonly string[]): { dnsNames: string[]; ipAddresses: string[] } {
  const unique = [...new Set(names)];
  return {
    dnsNames: unique.filter((name) => isIP(name) === 0).sort(),
    ipAddresses: unique.filter((name) => isIP(name) !== 0),
  };
}
