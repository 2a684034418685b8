import type { Clock } from '@typernetes/base';
import type { ApiClient } from '@typernetes/client';
import type { ResetConfig } from '../config/internal.ts';
import type { Host } from '../host.ts';
import type { Output } from '../output.ts';

/** The pods of a machine, as its container runtime knows them. */
export interface PodRemover {
  /** Ids of all pod sandboxes, or of those whose labels have these values. */
  list(labels?: Readonly<Record<string, string>>): Promise<readonly string[]>;
  /** Stops a pod and removes it with its containers. */
  remove(id: string): Promise<void>;
  close(): void;
}

/** What the phases of reset work with. */
export interface ResetContext {
  readonly host: Host;
  readonly output: Output;
  readonly clock: Clock;
  readonly config: ResetConfig;
  /** Of an administrator of the cluster: to take the etcd member out. */
  readonly kubeconfig: string;
  /** Nothing may change: `host` and `connect` see to it, and the phases say what they would do. */
  readonly dryRun: boolean;
  /** Asks the user; resolves to what was typed. */
  ask(): Promise<string>;
  /** A client for the text of a kubeconfig. */
  connect(kubeconfig: string): ApiClient;
  pods(criSocket: string): Promise<PodRemover>;
  /** What the user has to clean up, in upstream's words. Phases take out what they have seen to. */
  readonly left: { what: readonly string[] };
}
