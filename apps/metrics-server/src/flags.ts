import {
  type AcceptedFlags,
  commonAcceptedFlags,
  type FlagSpecs,
  logFlags,
  metricFlags,
  portAcceptedFlags,
  portFlags,
  programFlags,
} from '@typernetes/process';

/** The flags of metrics-server, under upstream's names. */
export const flags = {
  ...portFlags(10_250),
  kubeconfig: {
    type: 'string',
    default: '',
    help: "The path to the kubeconfig used to connect to the Kubernetes API server and the kubelets (defaults to the pod's own account).",
  },
  'kubelet-certificate-authority': {
    type: 'string',
    default: '',
    help: "Path to the CA that signs the kubelets' serving certificates (default: the cluster's own).",
  },
  'kubelet-insecure-tls': {
    type: 'boolean',
    default: false,
    help: 'Do not verify the certificates that kubelets show: they sign their own unless serverTLSBootstrap has the cluster sign them.',
  },
  'kubelet-port': { type: 'number', default: 10_250, help: 'The port to use to connect to kubelets.' },
  'kubelet-preferred-address-types': {
    type: 'list',
    default: ['Hostname', 'InternalDNS', 'InternalIP', 'ExternalDNS', 'ExternalIP'],
    help: 'The priority of node address types to use when determining which address to use to connect to a particular node.',
  },
  'kubelet-request-timeout': {
    type: 'duration',
    default: 10_000,
    help: 'The length of time to wait before giving up on a single request to a kubelet.',
  },
  'kubelet-use-node-status-port': {
    type: 'boolean',
    default: false,
    help: 'Use the port in the node status. Takes precedence over --kubelet-port.',
  },
  'metric-resolution': {
    type: 'duration',
    default: 60_000,
    help: 'The resolution at which metrics are collected; it must be 10 s at least.',
  },
  'node-selector': {
    type: 'string',
    default: '',
    help: 'Selector (label query) of the nodes whose metrics are collected.',
  },
  ...metricFlags,
  ...programFlags,
  ...logFlags,
} as const satisfies FlagSpecs;

/** Flags of upstream's metrics-server that are accepted and have no effect here, each with the reason. */
export const accepted: AcceptedFlags = {
  ...commonAcceptedFlags,
  ...portAcceptedFlags,
  profiling: ['boolean', 'there is no profiling endpoint: start the program with node --cpu-prof instead'],
};
