export { applyConntrack, conntrackSettings } from './conntrack/settings.ts';
export { HealthCheckPorts } from './health/health-check-ports.ts';
export { proxyHealthHandler } from './health/proxy-health.ts';
export { iptables, type PacketFilter } from './iptables/iptables.ts';
export {
  completeProxyConfig,
  decodeProxyConfig,
  type ProxyConfig,
  proxyConfigKind,
  validateProxyConfig,
} from './options/config.ts';
export { shownConfiguration } from './options/configz.ts';
export { Proxier, type ProxierDeps, type ProxierOptions } from './proxier.ts';
export { type ProxyMetrics, proxyMetrics } from './proxy-metrics.ts';
export type { ProxyNode } from './rules/plan.ts';
export type { Ruleset } from './rules/ruleset.ts';
export { type Backend, type ServicePort, servicePorts } from './services/service-port.ts';
