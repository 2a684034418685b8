import type { Clock } from '@typernetes/base';
import type { ApiClient } from '@typernetes/client';
import type { ImagePuller } from '../command-deps.ts';
import type { JoinConfig } from '../config/internal.ts';
import type { DryRun } from '../dry-run/dry-run.ts';
import type { Host } from '../host.ts';
import type { InitContext } from '../init-context.ts';
import type { Output } from '../output.ts';
import type { Patches } from '../patches/patches.ts';
import type { DiscoveredCluster } from './discovered-cluster.ts';

/** What the phases of join work with. */
export interface JoinContext {
  readonly config: JoinConfig;
  readonly host: Host;
  readonly output: Output;
  readonly clock: Clock;
  connect(kubeconfig: string): ApiClient;
  images(criSocket: string): Promise<ImagePuller>;
  readonly patches: Patches;
  /** Present when nothing may change: then `host` and `connect` are its. */
  readonly dryRun?: DryRun | undefined;
  /** Who the cluster is: asked once, by the phase that needs it first. */
  cluster(signal: AbortSignal): Promise<DiscoveredCluster>;
  /** What init's phases need to make this machine a control plane of that cluster: read once. Rejects when it joins as a worker. */
  asControlPlane(signal: AbortSignal): Promise<InitContext>;
}
