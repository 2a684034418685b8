import type { Clock } from '@typernetes/base';
import type { ApiClient } from '@typernetes/client';
import type { ResetConfig } from '../config/internal.ts';
import type { Host } from '../host.ts';
import type { Output } from '../output.ts';

/** The pod sandboxes of a machine's container runtime. */
export interface PodRemover {
  /** Ids of all pod sandboxes, or of those whose labels have these values. */
  list(labels?: Readonly<Record<string, string>>): Promise<readonly string[]>;
  /** Stops a pod and removes it with its containers. */
  remove(id: string): Promise<void>;
  close(): void;
}

/** The context of reset's phases. */
export interface ResetContext {
  readonly host: Host;
  readonly output: Output;
  readonly clock: Clock;
  readonly config: ResetConfig;
  /** An administrator's kubeconfig, to remove the etcd member. */
  readonly kubeconfig: string;
  /** In a dry run `host` and `connect` change nothing, and the phases print what they would do. */
  readonly dryRun: boolean;
  /** Asks the user; resolves to what was typed. */
  ask(): Promise<string>;
  /** Creates a client from the text of a kubeconfig. */
  connect(kubeconfig: string): ApiClient;
  pods(criSocket: string): Promise<PodRemover>;
  /** The remaining clean-up for the user, in upstream's words. Phases remove the items that they have done. */
  readonly left: { what: readonly string[] };
}
