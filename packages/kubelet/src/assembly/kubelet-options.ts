import type { Node, Pod, Service } from '@typernetes/api/core/v1';
import type { Clock, Logger, Random } from '@typernetes/base';
import type { ApiClient, EventRecorder, Informer } from '@typernetes/client';
import type { ContainerRuntime } from '@typernetes/cri';
import type { Metrics } from '@typernetes/process';
import type { Tracer } from '@typernetes/process/tracing';
import type { CompleteConfiguration } from '../config/defaults.ts';
import type { ImageCredentials } from '../images/pull-credentials.ts';
import type { Machine } from '../node/machine.ts';

/** Access to the API server. Without it the kubelet only runs static pods. */
export interface KubeletApi {
  readonly client: ApiClient;
  /** The pods bound to this node. */
  readonly pods: Informer<Pod>;
  readonly services: Informer<Service>;
  /** This node as last read. */
  readonly node: () => Node | undefined;
  /** Reads the node again: other clients change its labels and taints. */
  readonly refreshNode: () => Promise<void>;
}

export interface KubeletOptions {
  readonly nodeName: string;
  readonly nodeIps: readonly string[];
  readonly rootDir: string;
  readonly cniDir: string;
  /** The image of sandboxes, which is never removed; empty if unknown. */
  readonly sandboxImage: string;
  readonly config: CompleteConfiguration;
  readonly machine: Machine;
  /** The machine's own credentials for registries; none without it. */
  readonly imageCredentials?: ImageCredentials;
  readonly runtime: ContainerRuntime;
  readonly recorder: EventRecorder;
  readonly metrics?: Metrics;
  /** Records spans of the work on pods; none without it. */
  readonly tracer?: Pick<Tracer, 'span'> | undefined;
  readonly api: KubeletApi | undefined;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
}
