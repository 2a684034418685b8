import type { Clock } from '@typernetes/base';
import type { ApiClient, Kubeconfig } from '@typernetes/client';
import type { ParsedFlags } from '@typernetes/process';
import type { GlobalFlags } from './global-flags.ts';
import type { Io } from './io.ts';
import type { KubeconfigFiles } from './kubeconfig/files.ts';
import type { ResourceFinder } from './resources/finder.ts';

/** Access to text files and folders, for `-f` and `config`. */
export interface FileAccess {
  read(path: string): Promise<string>;
  readBytes(path: string): Promise<Uint8Array>;
  /** The names in a folder; undefined if `path` is not a folder. */
  list(path: string): Promise<readonly string[] | undefined>;
}

/** The program's environment. */
export interface Surroundings {
  readonly io: Io;
  readonly clock: Clock;
  readonly files: FileAccess;
  readonly environment: Readonly<Record<string, string | undefined>>;
}

/** The context of a command that needs no cluster. */
export interface OfflineSession extends Surroundings {
  readonly globalFlags: ParsedFlags<GlobalFlags>;
}

/** The context of a command. It connects with the first request, and only then is a kubeconfig without a cluster an error. */
export interface Session extends OfflineSession {
  /** Whether upstream reads the server's answers to this command into Go's types, and not as they are. */
  readonly typed: boolean;
  /** The command line, for `--record`. */
  readonly changeCause?: string | undefined;
  readonly client: ApiClient;
  /** From the flag, else from the context, else `default`. */
  readonly namespace: string;
  /** Whether a flag set the namespace: then objects in other namespaces are refused. */
  readonly namespaceGiven: boolean;
  readonly resources: ResourceFinder;
  readonly server: string;
  /** Upstream's cache folder; undefined if there is none. */
  readonly cacheDir: string | undefined;
  readonly kubeconfig: Kubeconfig;
  /** The kubeconfig files, for `config`. */
  readonly kubeconfigFiles: KubeconfigFiles;
}
