import type { JoinConfig } from '../config/internal.ts';
import { bootstrapKubeconfig, kubeletKubeconfig, manifestsFolder } from '../paths.ts';
import type { Check } from './check.ts';
import { fileIsAvailable, folderIsEmpty } from './checks.ts';
import { nodeChecks } from './init-checks.ts';

export function joinChecks(config: JoinConfig): Check[] {
  return [
    folderIsEmpty(manifestsFolder),
    fileIsAvailable(kubeletKubeconfig),
    fileIsAvailable(bootstrapKubeconfig),
    // A control plane may bring its certificates along.
    ...(config.controlPlane ? [] : [fileIsAvailable(config.caCertPath)]),
    ...nodeChecks(config.node.criSocket),
  ];
}
