import type { ProxyConfigFile } from '@typernetes/kube-proxy';
import {
  type AcceptedFlags,
  type ConfigFlags,
  commonAcceptedFlags,
  configFlagSpecs,
  type FlagSpecs,
  logFlags,
  metricFlags,
  programFlags,
} from '@typernetes/process';

/** Flags for fields of the configuration file. As upstream, they are ignored when there is a file. */
export const fields: ConfigFlags = {
  'bind-address': ['bindAddress', 'string'],
  'bind-address-hard-fail': ['bindAddressHardFail', 'boolean'],
  'cluster-cidr': ['clusterCIDR', 'string'],
  'config-sync-period': ['configSyncPeriod', 'string'],
  'conntrack-max-per-core': ['conntrack.maxPerCore', 'number'],
  'conntrack-min': ['conntrack.min', 'number'],
  'conntrack-tcp-be-liberal': ['conntrack.tcpBeLiberal', 'boolean'],
  'conntrack-tcp-timeout-close-wait': ['conntrack.tcpCloseWaitTimeout', 'string'],
  'conntrack-tcp-timeout-established': ['conntrack.tcpEstablishedTimeout', 'string'],
  'conntrack-udp-timeout': ['conntrack.udpTimeout', 'string'],
  'conntrack-udp-timeout-stream': ['conntrack.udpStreamTimeout', 'string'],
  'detect-local-mode': ['detectLocalMode', 'string'],
  'feature-gates': ['featureGates', 'map'],
  'healthz-bind-address': ['healthzBindAddress', 'string'],
  'iptables-localhost-nodeports': ['iptables.localhostNodePorts', 'boolean'],
  'iptables-masquerade-bit': ['iptables.masqueradeBit', 'number'],
  'iptables-min-sync-period': ['iptables.minSyncPeriod', 'string'],
  'iptables-sync-period': ['iptables.syncPeriod', 'string'],
  'kube-api-burst': ['clientConnection.burst', 'number'],
  'kube-api-content-type': ['clientConnection.contentType', 'string'],
  'kube-api-qps': ['clientConnection.qps', 'number'],
  kubeconfig: ['clientConnection.kubeconfig', 'string'],
  'masquerade-all': ['iptables.masqueradeAll', 'boolean'],
  'metrics-bind-address': ['metricsBindAddress', 'string'],
  'nodeport-addresses': ['nodePortAddresses', 'list'],
  'oom-score-adj': ['oomScoreAdj', 'number'],
  'pod-bridge-interface': ['detectLocal.bridgeInterface', 'string'],
  'pod-interface-name-prefix': ['detectLocal.interfaceNamePrefix', 'string'],
  profiling: ['enableProfiling', 'boolean'],
  'proxy-mode': ['mode', 'string'],
};

/** `--masquerade-all` is not for one mode alone, as fields of the file are. */
export function forEveryMode(config: ProxyConfigFile): ProxyConfigFile {
  const { masqueradeAll } = config.iptables ?? {};
  return masqueradeAll === undefined ? config : { ...config, nftables: { ...config.nftables, masqueradeAll } };
}

export const flags = {
  ...configFlagSpecs(fields, ' This parameter is ignored if a config file is specified by --config.'),
  cleanup: { type: 'boolean', default: false, help: 'If true cleanup iptables and nftables rules and exit.' },
  config: { type: 'string', default: '', help: 'The path to the configuration file.' },
  'hostname-override': {
    type: 'string',
    default: '',
    help: "If non-empty, will be used as the name of the Node that kube-proxy is running on. If unset, the node name is assumed to be the same as the node's hostname.",
  },
  'init-only': {
    type: 'boolean',
    default: false,
    help: 'If true, perform any initialization steps that must be done with full root privileges, and then exit.',
  },
  master: {
    type: 'string',
    default: '',
    help: 'The address of the Kubernetes API server (overrides any value in kubeconfig).',
  },
  'write-config-to': {
    type: 'string',
    default: '',
    help: 'If set, write the default configuration values to this file and exit.',
  },
  ...metricFlags,
  ...programFlags,
  ...logFlags,
} as const satisfies FlagSpecs;

const ipvs = 'there is no proxy mode "ipvs"';
const { 'contention-profiling': _, 'kube-api-content-type': __, ...common } = commonAcceptedFlags;

/** Flags of upstream's kube-proxy that are accepted and have no effect here, each with the reason. */
export const accepted: AcceptedFlags = {
  ...common,
  'ipvs-exclude-cidrs': ['list', ipvs],
  'ipvs-min-sync-period': ['duration', ipvs],
  'ipvs-scheduler': ['string', ipvs],
  'ipvs-strict-arp': ['boolean', ipvs],
  'ipvs-sync-period': ['duration', ipvs],
  'ipvs-tcp-timeout': ['duration', ipvs],
  'ipvs-tcpfin-timeout': ['duration', ipvs],
  'ipvs-udp-timeout': ['duration', ipvs],
};
