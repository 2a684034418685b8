import { isIP } from 'node:net';
import type { JoinConfig } from '../config/internal.ts';
import { splitHostPort } from '../network-address.ts';
import { bootstrapKubeconfig, kubeletKubeconfig } from '../paths.ts';
import type { Check } from './check.ts';
import { fileIsAvailable } from './checks.ts';
import { forwardingChecks, nodeChecks } from './init-checks.ts';
import { clockAgrees, noProxyTo } from './network-checks.ts';

export function joinChecks(config: JoinConfig, now: () => number): Check[] {
  const endpoint = config.discovery.token?.endpoint ?? '';
  const { host } = splitHostPort(endpoint);
  return [
    fileIsAvailable(kubeletKubeconfig),
    fileIsAvailable(bootstrapKubeconfig),
    ...nodeChecks(config.node),
    // On a control plane the certificates may have been copied beforehand.
    ...(config.controlPlane ? [] : [fileIsAvailable(config.caCertPath)]),
    ...(endpoint === '' ? [] : [noProxyTo(host), clockAgrees(endpoint, now)]),
    ...forwardingChecks([isIP(host) === 0 ? '' : host]),
  ];
}
