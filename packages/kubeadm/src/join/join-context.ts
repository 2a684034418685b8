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

/** The context of join's phases. */
export interface JoinContext {
  readonly config: JoinConfig;
  readonly host: Host;
  readonly output: Output;
  readonly clock: Clock;
  connect(kubeconfig: string): ApiClient;
  images(criSocket: string): Promise<ImagePuller>;
  readonly patches: Patches;
  /** Set in a dry run: `host` and `connect` are then the dry run's. */
  readonly dryRun?: DryRun | undefined;
  /** The discovered cluster; discovery runs once, for the first phase that needs it. */
  cluster(signal: AbortSignal): Promise<DiscoveredCluster>;
  /** The context for init's phases on a joining control plane, read once. Rejects on a worker. */
  asControlPlane(signal: AbortSignal): Promise<InitContext>;
}
