import type { Clock } from '@typernetes/base';
import type { ApiClient } from '@typernetes/client';
import type { Host } from './host.ts';
import type { Output } from './output.ts';
import type { PodRemover } from './reset/reset-context.ts';

/** The dependencies of a kubeadm command: the machine, the terminal, the clock, clients. */
export interface CommandDeps {
  readonly host: Host;
  readonly output: Output;
  readonly clock: Clock;
  /** Makes a client from the text of a kubeconfig. */
  connect(kubeconfig: string): ApiClient;
  newToken(): string;
  /** Reads one line from the user. */
  ask(): Promise<string>;
  pods(criSocket: string): Promise<PodRemover>;
  images(criSocket: string): Promise<ImagePuller>;
  /** This machine with the folder `root` as its root directory, for `--rootfs`. */
  hostAt(root: string): Host;
}

/** The images that the machine's container runtime has. */
export interface ImagePuller {
  has(image: string): Promise<boolean>;
  pull(image: string): Promise<void>;
  close(): void;
}
