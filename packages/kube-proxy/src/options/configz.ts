import type { KubeProxyConfiguration } from '@typernetes/api/kubeproxy.config/v1alpha1';
import { formatDuration } from '@typernetes/process';
import { type ModeConfig, type ProxyConfig, type ProxyConfigFile, proxyConfigKind } from './config.ts';

/**
 * The configuration in use, in the format of a file, for `/configz`. Fields of modes that there are not are shown as
 * given.
 */
export function shownConfiguration(file: ProxyConfigFile, config: ProxyConfig): Partial<KubeProxyConfiguration> {
  const { clientConnection: client, conntrack: _, iptables: __, nftables: ___, detectLocal: ____, ...rest } = file;
  const { conntrack } = config;
  const seconds = (value: number): string => formatDuration(value * 1000);
  return {
    ...rest,
    ...proxyConfigKind,
    featureGates: { ...config.featureGates },
    clientConnection: {
      kubeconfig: config.kubeconfig,
      acceptContentTypes: client?.acceptContentTypes ?? '',
      contentType: client?.contentType || 'application/vnd.kubernetes.protobuf',
      qps: client?.qps || 5,
      burst: client?.burst || 10,
    },
    hostnameOverride: config.hostnameOverride,
    bindAddress: file.bindAddress || '0.0.0.0',
    healthzBindAddress: config.healthzBindAddress,
    metricsBindAddress: config.metricsBindAddress,
    bindAddressHardFail: file.bindAddressHardFail ?? false,
    enableProfiling: config.enableProfiling,
    showHiddenMetricsForVersion: file.showHiddenMetricsForVersion ?? '',
    mode: config.mode,
    iptables: { ...shownMode(config.iptables), localhostNodePorts: config.iptables.localhostNodePorts },
    nftables: shownMode(config.nftables),
    detectLocalMode: config.podDetection.mode,
    detectLocal: {
      bridgeInterface: config.podDetection.bridgeInterface,
      interfaceNamePrefix: config.podDetection.interfaceNamePrefix,
    },
    clusterCIDR: config.clusterCIDR,
    nodePortAddresses: [...config.nodePortAddresses],
    oomScoreAdj: file.oomScoreAdj ?? -999,
    conntrack: {
      maxPerCore: conntrack.maxPerCore,
      min: conntrack.min,
      tcpEstablishedTimeout: seconds(conntrack.tcpEstablishedSeconds),
      tcpCloseWaitTimeout: seconds(conntrack.tcpCloseWaitSeconds),
      tcpBeLiberal: conntrack.tcpBeLiberal,
      udpTimeout: seconds(conntrack.udpSeconds),
      udpStreamTimeout: seconds(conntrack.udpStreamSeconds),
    },
    configSyncPeriod: file.configSyncPeriod || '15m0s',
    portRange: file.portRange ?? '',
  };
}

const shownMode = (mode: ModeConfig): KubeProxyConfiguration['nftables'] => ({
  masqueradeBit: mode.masqueradeBit,
  masqueradeAll: mode.masqueradeAll,
  syncPeriod: formatDuration(mode.syncPeriodMs),
  minSyncPeriod: formatDuration(mode.minSyncPeriodMs),
});
