import { type FlagSpecs, logFlags, metricFlags, programFlags } from '@typernetes/process';

/** The flags of upstream's kubelet that have an effect here. Most settings belong in the file given by --config. */
export const flags = {
  config: { type: 'string', default: '', help: 'The Kubelet will load its initial configuration from this file.' },
  'config-dir': {
    type: 'string',
    default: '',
    help: "Path to a directory to specify drop-ins, allows the user to optionally specify additional configs to overwrite what is provided by default and in the KubeletConfigFile. Only '.conf' files are considered.",
  },
  kubeconfig: {
    type: 'string',
    default: '',
    help: 'Path to a kubeconfig file, specifying how to connect to the API server. Omitting --kubeconfig enables standalone mode.',
  },
  'bootstrap-kubeconfig': {
    type: 'string',
    default: '',
    help: 'Path to a kubeconfig file that will be used to get client certificate for kubelet, if the file specified by --kubeconfig does not exist.',
  },
  'cert-dir': {
    type: 'string',
    default: '/var/lib/kubelet/pki',
    help: 'The directory where the TLS certs are located.',
  },
  'root-dir': {
    type: 'string',
    default: '/var/lib/kubelet',
    help: 'Directory path for managing kubelet files (volume mounts, etc).',
  },
  'hostname-override': {
    type: 'string',
    default: '',
    help: 'If non-empty, will use this string as identification instead of the actual hostname.',
  },
  'node-ip': {
    type: 'list',
    default: [],
    help: 'IP address (or comma-separated dual-stack IP addresses) of the node.',
  },
  'node-labels': {
    type: 'map',
    default: {},
    help: "Labels to add when registering the node in the cluster, as 'key=value'.",
  },
  'cloud-provider': {
    type: 'string',
    default: '',
    help: "The provider for cloud services. Set to empty string for running with no cloud provider. Set to 'external' for running with an external cloud provider.",
  },
  'register-schedulable': {
    type: 'boolean',
    default: true,
    help: "Register the node as schedulable. Won't have any effect if register-node is false. DEPRECATED: will be removed in a future version",
  },
  'register-with-taints': {
    type: 'list',
    default: [],
    help: 'Register the node with the given list of taints (comma separated "<key>=<value>:<effect>").',
  },
  'container-runtime-endpoint': { type: 'string', default: '', help: 'The endpoint of container runtime service.' },
  'pod-infra-container-image': {
    type: 'string',
    default: '',
    help: 'Specified image will not be pruned by the image garbage collector.',
  },
  'pod-manifest-path': {
    type: 'string',
    default: '',
    help: 'Path to the directory containing static pod files to run.',
  },
  'manifest-url': {
    type: 'string',
    default: '',
    help: 'URL for accessing additional Pod specifications to run.',
  },
  'manifest-url-header': {
    type: 'list',
    default: [],
    help: 'Comma-separated list of HTTP headers to use when accessing the url provided to --manifest-url, as "name:value". Repeated invocations of the flag add.',
  },
  'fail-swap-on': {
    type: 'boolean',
    default: true,
    help: 'Makes the Kubelet fail to start if swap is enabled on the node.',
  },
  'image-credential-provider-config': {
    type: 'string',
    default: '',
    help: 'Path to a credential provider plugin config file (JSON/YAML/YML) or a directory of such files (merged in lexicographical order; non-recursive search).',
  },
  'image-credential-provider-bin-dir': {
    type: 'string',
    default: '',
    help: 'The path to the directory where credential provider plugin binaries are located.',
  },
  'cni-conf-dir': {
    type: 'string',
    default: '/etc/cni/net.d',
    help: "The directory in which the container runtime looks for the network's configuration.",
  },
  ...logFlags,
  ...metricFlags,
  ...programFlags,
} as const satisfies FlagSpecs;
