export type { CorefileSource } from './corefile/server-blocks.ts';
export { CorefileError } from './corefile/word.ts';
export { dnsLog } from './plugins/dns-log.ts';
export { dnsMetrics } from './server/dns-metrics.ts';
export { type LiveServerOptions, liveServer } from './server/live-server.ts';
export { clusterAccess } from './zone/cluster-access.ts';
