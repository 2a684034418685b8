import type { Clock } from '@typernetes/base';
import type { ApiClient, Kubeconfig } from '@typernetes/client';
import type { ParsedFlags } from '@typernetes/process';
import type { GlobalFlags } from './global-flags.ts';
import type { Io } from './io.ts';
import type { KubeconfigFiles } from './kubeconfig/files.ts';
import type { ResourceFinder } from './resources/finder.ts';

/** Text files and folders, as `-f` and `config` take them. */
export interface FileAccess {
  read(path: string): Promise<string>;
  readBytes(path: string): Promise<Uint8Array>;
  /** Names in a folder, or undefined when `path` is not one. */
  list(path: string): Promise<readonly string[] | undefined>;
}

/** What the program is given by whatever it runs in. */
export interface Surroundings {
  readonly io: Io;
  readonly clock: Clock;
  readonly files: FileAccess;
  readonly environment: Readonly<Record<string, string | undefined>>;
}

/** What a command works with as long as no cluster matters. */
export interface OfflineSession extends Surroundings {
  readonly globalFlags: ParsedFlags<GlobalFlags>;
}

/** What a command works with. Nothing is connected before the first request, and a kubeconfig that names no cluster is an error only then. */
export interface Session extends OfflineSession {
  /** The command line, where `--record` asks for it to be kept with what it changes. */
  readonly changeCause?: string | undefined;
  readonly client: ApiClient;
  /** From the flag, else from the context, else `default`. */
  readonly namespace: string;
  /** Whether a flag says so: then objects of another namespace are refused. */
  readonly namespaceGiven: boolean;
  readonly resources: ResourceFinder;
  readonly server: string;
  /** The folder for what servers say and commands keep, as upstream's cache; undefined when there is none. */
  readonly cacheDir: string | undefined;
  readonly kubeconfig: Kubeconfig;
  /** The files that `config` reads and changes; used without a cluster. */
  readonly kubeconfigFiles: KubeconfigFiles;
}
