import type { CommandResult, Host, HttpAnswer } from '../host.ts';
import type { PodRemover } from '../reset/reset-context.ts';

export interface FakeHostOptions {
  readonly files?: Readonly<Record<string, string>>;
  /** The usual files that this machine lacks. */
  readonly without?: readonly string[];
  readonly userId?: number;
  readonly cpus?: number;
  readonly memoryBytes?: number;
  readonly kernelRelease?: string;
  /** The error of the container runtime's socket. */
  readonly socketProblem?: string;
  /** The error of resolving host names. */
  readonly lookupProblem?: string;
  readonly hostName?: string;
  readonly address?: string;
  readonly busyPorts?: readonly number[];
  /** The proxy settings of the environment. */
  readonly proxy?: string;
  /** Results of programs by command line; other programs succeed silently. */
  readonly commands?: Readonly<Record<string, Partial<CommandResult>>>;
  /** Command lines that run into their timeouts. */
  readonly hangs?: RegExp;
  /** Paths that cannot be removed. */
  readonly stuck?: RegExp;
  /** Programs that are not installed. */
  readonly missing?: readonly string[];
  /** Responses to POST by URL and body; others are 200 "{}". */
  readonly post?: (url: string, body: string) => HttpAnswer | Promise<HttpAnswer>;
  /** Called for every file that is written. */
  readonly onWrite?: (path: string, text: string) => void;
  /** Responses to GET by URL; others are 200 "ok". */
  readonly get?: (url: string) => HttpAnswer | Promise<HttpAnswer>;
}

/** A machine in memory, ready for kubeadm unless configured otherwise. It records what was done to it. */
export class FakeHost implements Host {
  readonly texts: Map<string, string>;
  readonly modes = new Map<string, number>();
  readonly ran: string[] = [];
  readonly #options: FakeHostOptions;

  constructor(options: FakeHostOptions = {}) {
    this.#options = options;
    this.texts = new Map(
      Object.entries({
        '/proc/sys/net/ipv4/ip_forward': '1\n',
        '/proc/sys/net/bridge/bridge-nf-call-iptables': '1\n',
        '/proc/swaps': 'Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority\n',
        '/sys/fs/cgroup/cgroup.controllers': 'cpuset cpu io memory hugetlb pids\n',
        ...options.files,
      }),
    );
    for (const path of options.without ?? []) this.texts.delete(path);
  }

  /** The paths of all files that were written. */
  get written(): string[] {
    return [...this.modes.keys()].filter((path) => this.texts.has(path)).sort();
  }

  readonly files: Host['files'] = {
    read: async (path) => this.texts.get(path),
    write: async (path, text, options = {}) => {
      this.texts.set(path, text);
      this.modes.set(path, options.mode ?? 0o600);
      this.#options.onWrite?.(path, text);
    },
    save: async (path, chunks, options) => {
      const parts: Uint8Array[] = [];
      for await (const chunk of chunks) parts.push(chunk);
      await this.files.write(path, Buffer.concat(parts).toString('utf8'), options);
    },
    remove: async (path) => {
      if (this.#options.stuck?.test(path)) throw new Error(`EBUSY: resource busy or locked, rm '${path}'`);
      for (const known of this.texts.keys()) {
        if (known === path || known.startsWith(`${path}/`)) this.texts.delete(known);
      }
    },
    makeFolder: async () => {},
    exists: async (path) => this.texts.has(path) || (await this.files.list(path)).length > 0,
    list: async (path) => {
      const below = [...this.texts.keys()].filter((known) => known.startsWith(`${path}/`));
      return [...new Set(below.map((known) => known.slice(path.length + 1).split('/')[0] ?? ''))];
    },
  };

  readonly commands: Host['commands'] = {
    run: async (program, args) => {
      const line = [program, ...args].join(' ');
      this.ran.push(line);
      if (this.#options.hangs?.test(line)) throw new Error(`"${line}" did not end within 1m0s and was killed`);
      const fallback = line === 'kubelet --version' ? 'Kubernetes v1.36.2\n' : '';
      return { code: 0, stdout: fallback, stderr: '', ...this.#options.commands?.[line] };
    },
    find: async (program) => (this.#options.missing?.includes(program) ? undefined : `/usr/bin/${program}`),
  };

  readonly network: Host['network'] = {
    portInUse: async (port) => this.#options.busyPorts?.includes(port) ?? false,
    socketProblem: async () => this.#options.socketProblem,
    defaultAddress: () => this.#options.address ?? '10.0.0.2',
    lookupProblem: async () => this.#options.lookupProblem,
    get: async (url) => this.#options.get?.(url) ?? { status: 200, body: 'ok' },
    post: async (url, body) => this.#options.post?.(url, body) ?? { status: 200, body: '{}' },
  };

  /** Fake pods by id; operations on them are recorded among the programs that ran. */
  readonly pods: PodRemover = {
    list: async (labels) => (labels ? [Object.values(labels).join('/')] : []),
    remove: async (id) => void this.ran.push(`remove pod ${id}`),
    close: () => {},
  };

  get machine(): Host['machine'] {
    return {
      hostName: this.#options.hostName ?? 'master',
      userId: this.#options.userId ?? 0,
      kernelRelease: this.#options.kernelRelease ?? '6.1.0-1-amd64',
      cpus: this.#options.cpus ?? 2,
      memoryBytes: this.#options.memoryBytes ?? 4 * 1024 ** 3,
      proxies: {
        https: this.#options.proxy ?? '',
        exceptions: ['localhost', '.svc', '10.0.0.0/8'],
        variables:
          this.#options.proxy === undefined ? {} : { HTTPS_PROXY: this.#options.proxy, no_proxy: '10.0.0.0/8' },
      },
      kubeconfigs: ['/root/.kube/config'],
    };
  }
}
