import { isIP } from 'node:net';
import type { JoinConfig } from '../config/internal.ts';
import { splitHostPort } from '../network-address.ts';
import { bootstrapKubeconfig, kubeletKubeconfig, manifestsFolder } from '../paths.ts';
import type { Check } from './check.ts';
import { fileIsAvailable, folderIsEmpty } from './checks.ts';
import { forwardingChecks, nodeChecks } from './init-checks.ts';
import { clockAgrees, noProxyTo } from './network-checks.ts';

export function joinChecks(config: JoinConfig, now: () => number): Check[] {
  const endpoint = config.discovery.token?.endpoint ?? '';
  const { host } = splitHostPort(endpoint);
  return [
    folderIsEmpty(manifestsFolder),
    fileIsAvailable(kubeletKubeconfig),
    fileIsAvailable(bootstrapKubeconfig),
    // A control plane may bring its certificates along.
    ...(config.controlPlane ? [] : [fileIsAvailable(config.caCertPath)]),
    ...(endpoint === '' ? [] : [noProxyTo(host), clockAgrees(endpoint, now)]),
    ...nodeChecks(config.node),
    ...forwardingChecks([isIP(host) === 0 ? '' : host]),
  ];
}
