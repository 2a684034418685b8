/** kubeadm's access to the machine, in small interfaces: each phase takes only those that it uses. */

/** Text files. Paths are absolute. */
export interface Files {
  /** The whole file, or undefined when there is none. */
  read(path: string): Promise<string | undefined>;
  /** Writes the file atomically, creating its folder. `mode` defaults to 0600. */
  write(path: string, text: string, options?: { mode?: number }): Promise<void>;
  /** Writes a stream; the file appears when it is complete. `mode` defaults to 0600. */
  save(path: string, chunks: AsyncIterable<Uint8Array>, options?: { mode?: number }): Promise<void>;
  /** Removes a file or folder recursively; a missing one is fine. */
  remove(path: string): Promise<void>;
  /** Creates a folder and those above it. `mode` defaults to 0700. */
  makeFolder(path: string, options?: { mode?: number }): Promise<void>;
  exists(path: string): Promise<boolean>;
  /** The names in a folder; empty if it does not exist. */
  list(path: string): Promise<readonly string[]>;
}

export interface CommandResult {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Commands {
  /**
   * Runs a program to its end. Rejects only if it cannot be started, or has not ended within `limitMs` (default: a minute): then it is
   * killed, and the Error names the command line.
   */
  run(program: string, args: readonly string[], options?: { limitMs?: number }): Promise<CommandResult>;
  /** The path of a program found on the PATH, or undefined. */
  find(program: string): Promise<string | undefined>;
}

export interface HttpAnswer {
  readonly status: number;
  readonly body: string;
  /** The server's time in ms since 1970, if the response has it. */
  readonly time?: number | undefined;
}

/** TLS client settings. Without `ca` the server's certificate is not verified, unless `verify` is set: then by the system's CAs. */
export interface TlsMaterial {
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
  readonly verify?: boolean;
}

export interface RequestOptions extends TlsMaterial {
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
}

export interface Network {
  /** Whether `port` is already in use. */
  portInUse(port: number): Promise<boolean>;
  /** The error of connecting to the unix socket `path` (`connect: connection refused`); undefined if that succeeds. */
  socketProblem(path: string): Promise<string | undefined>;
  /** The address at which other machines reach this one; undefined if there is only loopback. */
  defaultAddress(): string | undefined;
  /** The error of resolving a host name (`no such host`); undefined if it resolves. */
  lookupProblem(hostName: string): Promise<string | undefined>;
  /** GET of an http or https URL; rejects if there is no response. */
  get(url: string, options?: RequestOptions): Promise<HttpAnswer>;
  /** POST of JSON text; rejects if there is no response. */
  post(url: string, body: string, options?: RequestOptions): Promise<HttpAnswer>;
}

export interface Machine {
  readonly hostName: string;
  /** The user id of this process: 0 is root. */
  readonly userId: number;
  readonly kernelRelease: string;
  readonly cpus: number;
  readonly memoryBytes: number;
  /** The proxy settings of the environment, as Go programs read them. */
  readonly proxies: ProxySettings;
  /** The kubeconfigs that clients of this user read: those of `KUBECONFIG`, or else the one in the home directory. */
  readonly kubeconfigs: readonly string[];
}

export interface ProxySettings {
  /** `HTTPS_PROXY`; "" if unset. */
  readonly https: string;
  /** `NO_PROXY`: hosts, domains and CIDRs that are reached directly. */
  readonly exceptions: readonly string[];
  /** Every variable whose name ends in `_proxy`, in any case. */
  readonly variables: Readonly<Record<string, string>>;
}

export interface Host {
  readonly files: Files;
  readonly commands: Commands;
  readonly network: Network;
  readonly machine: Machine;
}
