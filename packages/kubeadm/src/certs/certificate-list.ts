import { isIP } from 'node:net';
import type { Usage } from '@typernetes/pki';
import type { InitConfig } from '../config/internal.ts';
import { addressInSubnet, splitHostPort } from '../network-address.ts';

/** A certificate authority and what it signs. Names are upstream's, of files and phases alike. */
export interface AuthoritySpec {
  /** Of the phase. */
  readonly name: string;
  readonly short: string;
  /** Of the files, without `.crt` and `.key`. */
  readonly file: string;
  readonly commonName: string;
  readonly leaves: readonly LeafSpec[];
}

export interface LeafSpec {
  readonly name: string;
  readonly short: string;
  readonly commonName: string;
  readonly organizations?: readonly string[];
  readonly usages: readonly Usage[];
  /** Present for serving certificates. */
  readonly names?: (config: InitConfig) => { dnsNames: string[]; ipAddresses: string[] };
}

const serving: readonly Usage[] = ['digital signature', 'key encipherment', 'server auth'];
const client: readonly Usage[] = ['digital signature', 'key encipherment', 'client auth'];

/** The certificates of a control plane. The ones of etcd are missing on purpose: the embedded store needs none. */
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
];

/** What the API server is called: by pods, by people, and by the names that the configuration adds. */
export function apiServerNames(config: InitConfig): { dnsNames: string[]; ipAddresses: string[] } {
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
  const unique = [...new Set(names)];
  return {
    dnsNames: unique.filter((name) => isIP(name) === 0).sort(),
    ipAddresses: unique.filter((name) => isIP(name) !== 0),
  };
}
