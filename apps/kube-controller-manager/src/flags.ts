import { type FlagSpecs, leaderFlags, logFlags, metricFlags, portFlags, programFlags } from '@typernetes/process';
import { concurrencyFlags } from './concurrency-flags.ts';
import { signerFlags } from './signer-flags.ts';

const day = 24 * 3_600_000;

/** The flags of kube-controller-manager that have an effect here. */
export const flags = {
  ...portFlags(10_257),
  ...leaderFlags('kube-controller-manager'),
  ...concurrencyFlags,
  ...signerFlags,
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
  'enable-garbage-collector': {
    type: 'boolean',
    default: true,
    help: 'Enables the generic garbage collector. MUST be synced with the corresponding flag of the kube-apiserver.',
  },
  'max-endpoints-per-slice': {
    type: 'number',
    default: 100,
    help: 'The maximum number of endpoints that will be added to an EndpointSlice. More endpoints per slice will result in less endpoint slices, but larger resources.',
  },
  'mirroring-max-endpoints-per-subset': {
    type: 'number',
    default: 1000,
    help: 'The maximum number of endpoints that will be added to an EndpointSlice by the EndpointSliceMirroring controller. More endpoints per slice will result in less endpoint slices, but larger resources.',
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
  'enable-dynamic-provisioning': {
    type: 'boolean',
    default: true,
    help: 'Enable dynamic provisioning for environments that support it.',
  },
  profiling: {
    type: 'boolean',
    default: true,
    help: 'Enable profiling via web interface host:port/debug/pprof/',
  },
  'legacy-service-account-token-clean-up-period': {
    type: 'duration',
    default: 365 * day,
    help: 'The period of time since the last usage of an legacy service account token before it can be deleted.',
  },
  ...logFlags,
  ...metricFlags,
  ...programFlags,
} as const satisfies FlagSpecs;
