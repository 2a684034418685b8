import { defaultAllowedPaths, type FlagSpecs, logFlags } from '@typernetes/process';

const day = 24 * 3_600_000;

/** The flags of kube-controller-manager that change something here, and those that are accepted so that command lines keep working. */
export const flags = {
  kubeconfig: {
    type: 'string',
    default: '',
    help: 'Path to kubeconfig file with authorization and master location information.',
  },
  master: {
    type: 'string',
    default: '',
    help: 'The address of the Kubernetes API server (overrides any value in kubeconfig).',
  },
  'authentication-kubeconfig': {
    type: 'string',
    default: '',
    help: 'kubeconfig file with which tokens of clients are reviewed.',
  },
  'authorization-always-allow-paths': {
    type: 'list',
    default: [...defaultAllowedPaths],
    help: "A list of HTTP paths to skip during authorization, i.e. these are authorized without contacting the 'core' kubernetes server.",
  },
  'authorization-kubeconfig': {
    type: 'string',
    default: '',
    help: 'kubeconfig file with which access of clients is reviewed.',
  },
  'bind-address': {
    type: 'string',
    default: '0.0.0.0',
    help: 'The IP address on which to listen for the --secure-port port.',
  },
  'secure-port': {
    type: 'number',
    default: 10257,
    help: 'The port on which to serve HTTPS. If 0, do not serve HTTPS at all.',
  },
  'tls-cert-file': { type: 'string', default: '', help: 'File containing the default x509 certificate for HTTPS.' },
  'tls-private-key-file': {
    type: 'string',
    default: '',
    help: 'File containing the private key matching --tls-cert-file.',
  },
  'client-ca-file': {
    type: 'string',
    default: '',
    help: 'Clients with a certificate of one of these authorities are authenticated.',
  },
  'requestheader-client-ca-file': {
    type: 'string',
    default: '',
    help: 'Authorities of front proxies that may name a user in headers.',
  },
  'cluster-cidr': {
    type: 'string',
    default: '',
    help: 'CIDR Range for Pods in cluster. Requires --allocate-node-cidrs to be true.',
  },
  'service-cluster-ip-range': { type: 'string', default: '', help: 'CIDR Range for Services in cluster.' },
  'allocate-node-cidrs': { type: 'boolean', default: false, help: 'Should CIDRs for Pods be allocated and set.' },
  'node-cidr-mask-size': {
    type: 'number',
    default: 0,
    help: 'Mask size for node cidr in cluster. Default is 24 for IPv4 and 64 for IPv6.',
  },
  'node-cidr-mask-size-ipv4': {
    type: 'number',
    default: 0,
    help: 'Mask size for IPv4 node cidr in dual-stack cluster. Default is 24.',
  },
  'node-cidr-mask-size-ipv6': {
    type: 'number',
    default: 0,
    help: 'Mask size for IPv6 node cidr in dual-stack cluster. Default is 64.',
  },
  'cluster-name': { type: 'string', default: 'kubernetes', help: 'The instance prefix for the cluster.' },
  'cluster-signing-cert-file': {
    type: 'string',
    default: '',
    help: 'Filename containing a PEM-encoded X509 CA certificate used to issue cluster-scoped certificates.',
  },
  'cluster-signing-key-file': {
    type: 'string',
    default: '',
    help: 'Filename containing a PEM-encoded RSA or ECDSA private key used to sign cluster-scoped certificates.',
  },
  'cluster-signing-duration': {
    type: 'duration',
    default: 365 * day,
    help: 'The max length of duration signed certificates will be given.',
  },
  controllers: {
    type: 'list',
    default: ['*'],
    help: "A list of controllers to enable. '*' enables all on-by-default controllers, 'foo' enables the controller named 'foo', '-foo' disables the controller named 'foo'.",
  },
  'concurrent-deployment-syncs': {
    type: 'number',
    default: 5,
    help: 'The number of objects of a kind that are synced at once.',
  },
  'leader-elect': {
    type: 'boolean',
    default: true,
    help: 'Start a leader election client and gain leadership before executing the main loop.',
  },
  'leader-elect-lease-duration': {
    type: 'duration',
    default: 15_000,
    help: 'The duration that non-leader candidates will wait before they try to acquire leadership.',
  },
  'leader-elect-renew-deadline': {
    type: 'duration',
    default: 10_000,
    help: 'The interval between attempts by the acting master to renew a leadership slot before it stops leading.',
  },
  'leader-elect-retry-period': {
    type: 'duration',
    default: 2_000,
    help: 'The duration the clients should wait between attempting acquisition and renewal of a leadership.',
  },
  'leader-elect-resource-lock': {
    type: 'string',
    default: 'leases',
    help: "The type of resource object that is used for locking: 'leases'.",
  },
  'leader-elect-resource-name': {
    type: 'string',
    default: 'kube-controller-manager',
    help: 'The name of resource object that is used for locking.',
  },
  'leader-elect-resource-namespace': {
    type: 'string',
    default: 'kube-system',
    help: 'The namespace of resource object that is used for locking.',
  },
  'node-monitor-period': { type: 'duration', default: 5_000, help: 'The period for syncing NodeStatus.' },
  'node-monitor-grace-period': {
    type: 'duration',
    default: 50_000,
    help: 'Amount of time which we allow running Node to be unresponsive before marking it unhealthy.',
  },
  'node-startup-grace-period': {
    type: 'duration',
    default: 60_000,
    help: 'Amount of time which we allow starting Node to be unresponsive before marking it unhealthy.',
  },
  'node-eviction-rate': {
    type: 'number',
    default: 0.1,
    help: 'Number of nodes per second on which pods are deleted in case of node failure when a zone is healthy. Zone refers to entire cluster in non-multizone clusters.',
  },
  'secondary-node-eviction-rate': {
    type: 'number',
    default: 0.01,
    help: 'Number of nodes per second on which pods are deleted in case of node failure when a zone is unhealthy. 0 if the cluster is small.',
  },
  'unhealthy-zone-threshold': {
    type: 'number',
    default: 0.55,
    help: 'Fraction of nodes in a zone which needs to be not ready (minimum 3) for the zone to be treated as unhealthy.',
  },
  'large-cluster-size-threshold': {
    type: 'number',
    default: 50,
    help: 'Number of nodes from which a cluster counts as large for the secondary eviction rate.',
  },
  'terminated-pod-gc-threshold': {
    type: 'number',
    default: 12_500,
    help: 'Number of terminated pods that can exist before the terminated pod garbage collector starts deleting terminated pods.',
  },
  'root-ca-file': {
    type: 'string',
    default: '',
    help: "If set, this root certificate authority will be included in service account's token secret.",
  },
  'service-account-private-key-file': {
    type: 'string',
    default: '',
    help: 'Filename containing a PEM-encoded private RSA or ECDSA key used to sign service account tokens.',
  },
  'use-service-account-credentials': {
    type: 'boolean',
    default: false,
    help: 'If true, use individual service account credentials for each controller.',
  },
  profiling: { type: 'boolean', default: true, help: 'Accepted; there is no profiling endpoint.' },
  'feature-gates': {
    type: 'list',
    default: [],
    help: 'Pairs that say which alpha and beta features are on: Gate=true or kube:Gate=true.',
  },
  'horizontal-pod-autoscaler-sync-period': {
    type: 'duration',
    default: 15_000,
    help: 'The period for syncing the number of pods in horizontal pod autoscaler.',
  },
  'horizontal-pod-autoscaler-downscale-stabilization': {
    type: 'duration',
    default: 300_000,
    help: 'The period for which autoscaler will look backwards and not scale down below any recommendation it made during that period.',
  },
  'horizontal-pod-autoscaler-tolerance': {
    type: 'number',
    default: 0.1,
    help: 'The minimum change (from 1.0) in the desired-to-actual metrics ratio for the horizontal pod autoscaler to consider scaling.',
  },
  'horizontal-pod-autoscaler-cpu-initialization-period': {
    type: 'duration',
    default: 300_000,
    help: 'The period after pod start when CPU samples might be skipped.',
  },
  'horizontal-pod-autoscaler-initial-readiness-delay': {
    type: 'duration',
    default: 30_000,
    help: 'The period after pod start during which readiness changes will be treated as initial readiness.',
  },
  'resource-quota-sync-period': {
    type: 'duration',
    default: 300_000,
    help: 'The period for syncing quota usage status in the system.',
  },
  'disable-force-detach-on-timeout': {
    type: 'boolean',
    default: false,
    help: 'Prevent force detaching volumes based on maximum unmount time and node status. If this flag is set to true, the non-graceful node shutdown feature must be used to recover from node failure.',
  },
  'legacy-service-account-token-clean-up-period': {
    type: 'duration',
    default: 365 * day,
    help: 'The period of time since the last usage of an legacy service account token before it can be deleted.',
  },
  'horizontal-pod-autoscaler-use-rest-clients': {
    type: 'boolean',
    default: true,
    help: 'Accepted.',
    deprecated: 'it has no effect',
  },
  'kube-api-qps': {
    type: 'number',
    default: 20,
    help: 'Accepted; requests are not limited here, the API server does that.',
  },
  'kube-api-burst': {
    type: 'number',
    default: 30,
    help: 'Accepted; requests are not limited here, the API server does that.',
  },
  ...logFlags,
  help: { type: 'boolean', default: false, short: 'h', help: 'help for kube-controller-manager' },
  version: { type: 'boolean', default: false, help: '--version prints version information and quits' },
} as const satisfies FlagSpecs;
