/** What kubeadm does to the machine it runs on, in the smallest pieces: phases take only those that they use. */

/** Text files. Paths are absolute. */
export interface Files {
  /** The whole file, or undefined when there is none. */
  read(path: string): Promise<string | undefined>;
  /** Writes the whole file at once (a reader never sees half of it), creating its folder. `mode` defaults to 0600. */
  write(path: string, text: string, options?: { mode?: number }): Promise<void>;
  /** Writes bytes as they come; the file appears when it is whole. `mode` defaults to 0600. */
  save(path: string, chunks: AsyncIterable<Uint8Array>, options?: { mode?: number }): Promise<void>;
  /** Removes a file, or a folder with everything in it; nothing to remove is fine. */
  remove(path: string): Promise<void>;
  /** Creates a folder and those above it. `mode` defaults to 0700. */
  makeFolder(path: string, options?: { mode?: number }): Promise<void>;
  exists(path: string): Promise<boolean>;
  /** Names in a folder; none when it does not exist. */
  list(path: string): Promise<readonly string[]>;
}

export interface CommandResult {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Commands {
  /**
   * Runs a program to its end. Rejects only when it cannot be started, or has not ended within `limitMs` (a minute when nobody says): then it is
   * killed, and the Error names the command line.
   */
  run(program: string, args: readonly string[], options?: { limitMs?: number }): Promise<CommandResult>;
  /** The path of a program on the PATH, or undefined. */
  find(program: string): Promise<string | undefined>;
}

export interface HttpAnswer {
  readonly status: number;
  readonly body: string;
  /** The server's time, in ms since 1970, when it says it. */
  readonly time?: number | undefined;
}

/** Client material for a TLS connection. Without `ca` the server's certificate is not checked, unless `verify` says so: then by the system's CAs. */
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
  /** Whether something listens on `port` already, so that nobody else can. */
  portInUse(port: number): Promise<boolean>;
  /** Why nobody can be reached at the unix socket `path` (`connect: connection refused`); undefined when somebody accepts connections. */
  socketProblem(path: string): Promise<string | undefined>;
  /** The address of the interface that other machines reach; undefined when there is only loopback. */
  defaultAddress(): string | undefined;
  /** Why a host name has no address (`no such host`); undefined when it has one. */
  lookupProblem(hostName: string): Promise<string | undefined>;
  /** GET of an http or https URL; rejects when no answer came. */
  get(url: string, options?: RequestOptions): Promise<HttpAnswer>;
  /** POST of JSON text; rejects when no answer came. */
  post(url: string, body: string, options?: RequestOptions): Promise<HttpAnswer>;
}

export interface Machine {
  readonly hostName: string;
  /** Of the user who runs the program: 0 is root. */
  readonly userId: number;
  readonly kernelRelease: string;
  readonly cpus: number;
  readonly memoryBytes: number;
  /** What the environment says of proxies, as the Go programs that kubeadm starts would read it. */
  readonly proxies: ProxySettings;
}

export interface ProxySettings {
  /** `HTTPS_PROXY`; "" without. */
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
