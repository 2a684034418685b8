import { timestamp } from '@typernetes/base';
import type { ApiClient } from '@typernetes/client';
import type { CommandDeps } from '../command-deps.ts';
import { kubernetesFolder } from '../paths.ts';
import { dryRunClient } from './dry-run-client.ts';
import { type DryRunHost, dryRunHost } from './dry-run-host.ts';

/** The state of a `--dry-run`: the phases get a machine and clients that change nothing. */
export interface DryRun {
  readonly host: DryRunHost;
  connect(kubeconfig: string): ApiClient;
}

/** The time stamp in the names of folders and files, as upstream's: `2026-05-30-14-29-18`. */
export const momentName = (now: number): string => timestamp(now).replace(/Z$/, '').replaceAll(/[T:]/g, '-');

/**
 * Creates the context of a dry run. `server` tells whether there is a cluster to read from; without one, `present` names
 * the objects that would exist.
 */
export function startDryRun(
  command: string,
  deps: CommandDeps,
  options: { server: boolean; present?: ReadonlyMap<string, object> },
): { dryRun: DryRun; deps: CommandDeps } {
  const { host, output, clock } = deps;
  const folder = `${kubernetesFolder}/tmp/kubeadm-${command}-dryrun-${momentName(clock.now())}`;
  const layer = dryRunHost(host, { folder, output });
  // All clients of the run share this: a phase may read what an earlier one wrote.
  const written = new Map<string, object>();
  const connect = (kubeconfig: string): ApiClient =>
    dryRunClient({
      output,
      written,
      ...(options.server ? { server: deps.connect(kubeconfig) } : {}),
      ...(options.present ? { present: options.present } : {}),
    });
  return { dryRun: { host: layer, connect }, deps: { ...deps, host: layer, connect } };
}

/** The objects that every API server creates at its start, and the node that its kubelet registers. */
export function objectsOfAFreshCluster(nodeName: string): ReadonlyMap<string, object> {
  return new Map<string, object>([
    ...['kube-system', 'kube-public', 'default'].map((name): [string, object] => [
      `/api/v1/namespaces/${name}`,
      { metadata: { name } },
    ]),
    [`/api/v1/nodes/${nodeName}`, { metadata: { name: nodeName, resourceVersion: '1' }, spec: {} }],
  ]);
}
