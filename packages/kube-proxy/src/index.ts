export { applyConntrack, conntrackSettings } from './conntrack/settings.ts';
export { forgetUdpFlows } from './conntrack/udp-flow-table.ts';
export { HealthCheckPorts } from './health/health-check-ports.ts';
export { proxyHealthHandler } from './health/proxy-health.ts';
export { iptables } from './iptables/iptables.ts';
export { IptablesRules } from './iptables/iptables-rules.ts';
export { nft } from './nftables/nft.ts';
export { NftablesRules } from './nftables/nftables-rules.ts';
export {
  completeProxyConfig,
  decodeProxyConfig,
  isProxyMode,
  type ProxyConfig,
  type ProxyConfigFile,
  type ProxyMode,
  proxyConfigKind,
  validateProxyConfig,
} from './options/config.ts';
export { shownConfiguration } from './options/configz.ts';
export { Proxier, type ProxierDeps, type ProxierOptions } from './proxier.ts';
export { type ProxyMetrics, proxyMetrics } from './proxy-metrics.ts';
export type { ProxyNode } from './rules/proxy-node.ts';
export type { ServiceRules } from './rules/service-rules.ts';
export { type Backend, type ServicePort, servicePorts } from './services/service-port.ts';
