import type { Clock } from '@typernetes/base';
import type { ApiClient } from '@typernetes/client';
import type { Host } from '../host.ts';
import type { Output } from '../output.ts';

/** The pods of a machine, as its container runtime knows them. */
export interface PodRemover {
  /** Ids of all pod sandboxes. */
  list(): Promise<readonly string[]>;
  /** Stops a pod and removes it with its containers. */
  remove(id: string): Promise<void>;
  close(): void;
}

/** What the phases of reset work with. */
export interface ResetContext {
  readonly host: Host;
  readonly output: Output;
  readonly clock: Clock;
  readonly certificatesDir: string;
  readonly criSocket: string;
  readonly force: boolean;
  readonly ignorePreflightErrors: readonly string[];
  /** Asks the user; resolves to what was typed. */
  ask(): Promise<string>;
  /** A client for the text of a kubeconfig. */
  connect(kubeconfig: string): ApiClient;
  pods(criSocket: string): Promise<PodRemover>;
}
