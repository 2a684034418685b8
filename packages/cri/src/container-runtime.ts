import type {
  AuthConfig,
  Container,
  ContainerConfig,
  ContainerState,
  ContainerStats,
  ContainerStatus,
  ExecRequest,
  ExecSyncResponse,
  FileSystemMount,
  Image,
  ImageFsInfo,
  ImageSpec,
  Labels,
  LinuxContainerResources,
  PodSandbox,
  PodSandboxConfig,
  PodSandboxState,
  PodSandboxStatus,
  RuntimeEvent,
  RuntimeStatus,
  VersionResponse,
} from './messages.ts';

export interface CallOptions {
  readonly signal?: AbortSignal;
}

export interface SandboxFilter {
  readonly id?: string;
  readonly state?: PodSandboxState;
  readonly labels?: Labels;
}

export interface ContainerFilter {
  readonly id?: string;
  readonly state?: ContainerState;
  readonly podSandboxId?: string;
  readonly labels?: Labels;
}

/**
 * A container runtime behind the container runtime interface. All calls reject with a {@link RuntimeError}. Names are reserved by
 * the runtime: the same pod name, namespace, uid and attempt (or container name and attempt in one sandbox) cannot be used twice.
 */
export interface ContainerRuntime {
  version(options?: CallOptions): Promise<VersionResponse>;
  status(options?: CallOptions): Promise<RuntimeStatus>;

  /**
   * Who makes the runtime's control groups; undefined when it does not tell. `binding` is what it tells other programs to use, as
   * runtimes since containerd 2.0 do; else it is read from its settings.
   */
  cgroupDriver(options?: CallOptions): Promise<{ driver: 'systemd' | 'cgroupfs'; binding: boolean } | undefined>;

  /** Whether it makes `ContainerConfig.cdiDevices` part of containers. Others pass them over without a word. */
  injectsCdiDevices(options?: CallOptions): Promise<boolean>;

  /** Creates and starts the sandbox, network included; returns its id. */
  runPodSandbox(config: PodSandboxConfig, options?: CallOptions & { runtimeHandler?: string }): Promise<string>;
  /** Stops what still runs in it by force, and takes down its network. Idempotent. */
  stopPodSandbox(id: string, options?: CallOptions): Promise<void>;
  /** Removes it with its containers. Idempotent. */
  removePodSandbox(id: string, options?: CallOptions): Promise<void>;
  listPodSandboxes(filter?: SandboxFilter, options?: CallOptions): Promise<readonly PodSandbox[]>;
  podSandboxStatus(id: string, options?: CallOptions): Promise<PodSandboxStatus>;

  createContainer(
    request: { podSandboxId: string; config: ContainerConfig; sandboxConfig: PodSandboxConfig },
    options?: CallOptions,
  ): Promise<string>;
  startContainer(id: string, options?: CallOptions): Promise<void>;
  /** Sends the stop signal, and kills after `timeoutSeconds`. Resolves when it has exited. Idempotent. */
  stopContainer(id: string, timeoutSeconds: number, options?: CallOptions): Promise<void>;
  removeContainer(id: string, options?: CallOptions): Promise<void>;
  listContainers(filter?: ContainerFilter, options?: CallOptions): Promise<readonly Container[]>;
  containerStatus(id: string, options?: CallOptions): Promise<ContainerStatus>;
  updateContainerResources(id: string, linux: LinuxContainerResources, options?: CallOptions): Promise<void>;
  /** Makes the runtime open the log file anew after it was renamed. */
  reopenContainerLog(id: string, options?: CallOptions): Promise<void>;

  /** Writes the state of a running container to the file at `location`; `timeoutSeconds` 0 leaves it to the runtime. Few runtimes can. */
  checkpointContainer(
    request: { containerId: string; location: string; timeoutSeconds: number },
    options?: CallOptions,
  ): Promise<void>;

  /** Runs to the end; `timeoutSeconds` 0 is none. A timeout rejects with DeadlineExceeded, an unknown program with Unknown. */
  execSync(
    request: { containerId: string; cmd: readonly string[]; timeoutSeconds: number },
    options?: CallOptions,
  ): Promise<ExecSyncResponse>;
  /** Each of the three answers with the URL of a stream on the runtime's own server, good for one use. */
  exec(request: ExecRequest, options?: CallOptions): Promise<string>;
  attach(request: Omit<ExecRequest, 'cmd'>, options?: CallOptions): Promise<string>;
  portForward(request: { podSandboxId: string; ports: readonly number[] }, options?: CallOptions): Promise<string>;

  containerStats(id: string, options?: CallOptions): Promise<ContainerStats>;
  listContainerStats(
    filter?: Omit<ContainerFilter, 'state'>,
    options?: CallOptions,
  ): Promise<readonly ContainerStats[]>;

  /** Returns the image's reference: what containers made from it report as imageRef. */
  pullImage(
    request: { image: ImageSpec; auth?: AuthConfig; sandboxConfig?: PodSandboxConfig },
    options?: CallOptions,
  ): Promise<string>;
  listImages(options?: CallOptions): Promise<readonly Image[]>;
  /** Undefined when the image is not there. */
  imageStatus(image: ImageSpec, options?: CallOptions): Promise<Image | undefined>;
  removeImage(image: ImageSpec, options?: CallOptions): Promise<void>;
  /**
   * How to see the files of an image that is there, read-only, where the runtime cannot mount it into containers by itself; undefined
   * where it can (see `Mount.image`). The view is kept, under `key`, until it is removed. Both are idempotent.
   */
  viewImage(image: ImageSpec, key: string, options?: CallOptions): Promise<readonly FileSystemMount[] | undefined>;
  removeImageView(key: string, options?: CallOptions): Promise<void>;
  imageFsInfo(options?: CallOptions): Promise<ImageFsInfo>;

  /**
   * What happens to containers from now on. May run ahead of what the other calls report for a moment. Ends by rejecting when the
   * connection breaks: what happened until the next subscription must be learned by listing. `onSubscribed` is called once the
   * runtime has taken the subscription.
   */
  events(signal: AbortSignal, onSubscribed?: () => void): AsyncIterable<RuntimeEvent>;
  close(): void;
}
