import type { InitConfig } from './config/internal.ts';
import { hostPort, splitHostPort } from './network-address.ts';

/** `host:port` of the cluster: the shared endpoint if there is one, else this machine's API server. */
export function controlPlaneAddress(config: Pick<InitConfig, 'cluster' | 'localEndpoint'>): string {
  const { controlPlaneEndpoint } = config.cluster;
  if (controlPlaneEndpoint === '') return localAddress(config);
  const { host, port } = splitHostPort(controlPlaneEndpoint);
  return hostPort(host, port ?? config.localEndpoint.bindPort);
}

/** `host:port` of the API server of this machine. */
export function localAddress(config: Pick<InitConfig, 'localEndpoint'>): string {
  return hostPort(config.localEndpoint.advertiseAddress, config.localEndpoint.bindPort);
}
