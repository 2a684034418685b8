export { cachedForwarder } from './forward/answer-cache.ts';
export { type Forwarder, forwarder, nameServers } from './forward/forwarder.ts';
export { dnsMetrics } from './server/dns-metrics.ts';
export { type DnsServerOptions, dnsServer } from './server/dns-server.ts';
export { clusterView } from './zone/cluster-view.ts';
export type { DnsRecord, ZoneAnswer } from './zone/record.ts';
export { type ClusterView, lookup, type ZoneOptions } from './zone/zone.ts';
