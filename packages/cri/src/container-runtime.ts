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
 * A container runtime behind the container runtime interface. All calls reject with a {@link RuntimeError}. The runtime
 * reserves names: the same pod name, namespace, uid and attempt (or container name and attempt in one sandbox) cannot
 * be used twice.
 */
export interface ContainerRuntime {
  version(options?: CallOptions): Promise<VersionResponse>;
  status(options?: CallOptions): Promise<RuntimeStatus>;

  /**
   * Who creates the runtime's cgroups; undefined when it does not say. `binding`: the runtime tells other programs to
   * use this driver, as runtimes since containerd 2.0 do; otherwise the value is read from its settings.
   */
  cgroupDriver(options?: CallOptions): Promise<{ driver: 'systemd' | 'cgroupfs'; binding: boolean } | undefined>;

  /** Whether it honours `ContainerConfig.cdiDevices`. Other runtimes silently ignore the field. */
  injectsCdiDevices(options?: CallOptions): Promise<boolean>;

  /** Creates and starts the sandbox, network included; returns its id. */
  runPodSandbox(config: PodSandboxConfig, options?: CallOptions & { runtimeHandler?: string }): Promise<string>;
  /** Kills what still runs in it and tears down its network. Idempotent. */
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
  /** Makes the runtime reopen the log file after it was renamed. */
  reopenContainerLog(id: string, options?: CallOptions): Promise<void>;

  /**
   * Writes a checkpoint of a running container to the file at `location`; `timeoutSeconds` 0 leaves the limit to the
   * runtime. Few runtimes support this.
   */
  checkpointContainer(
    request: { containerId: string; location: string; timeoutSeconds: number },
    options?: CallOptions,
  ): Promise<void>;

  /**
   * Runs the program to its end; `timeoutSeconds` 0 means no limit. A timeout rejects with DeadlineExceeded, an unknown
   * program with Unknown.
   */
  execSync(
    request: { containerId: string; cmd: readonly string[]; timeoutSeconds: number },
    options?: CallOptions,
  ): Promise<ExecSyncResponse>;
  /** These three answer with the URL of a stream on the runtime's own server, valid for one use. */
  exec(request: ExecRequest, options?: CallOptions): Promise<string>;
  attach(request: Omit<ExecRequest, 'cmd'>, options?: CallOptions): Promise<string>;
  portForward(request: { podSandboxId: string; ports: readonly number[] }, options?: CallOptions): Promise<string>;

  containerStats(id: string, options?: CallOptions): Promise<ContainerStats>;
  listContainerStats(
    filter?: Omit<ContainerFilter, 'state'>,
    options?: CallOptions,
  ): Promise<readonly ContainerStats[]>;

  /** Returns the image's reference: the imageRef that containers made from it report. */
  pullImage(
    request: { image: ImageSpec; auth?: AuthConfig; sandboxConfig?: PodSandboxConfig },
    options?: CallOptions,
  ): Promise<string>;
  listImages(options?: CallOptions): Promise<readonly Image[]>;
  /** Undefined when the image is not there. */
  imageStatus(image: ImageSpec, options?: CallOptions): Promise<Image | undefined>;
  removeImage(image: ImageSpec, options?: CallOptions): Promise<void>;
  /**
   * Makes a read-only view of an image's files, for runtimes that cannot mount images into containers themselves;
   * undefined where they can (see `Mount.image`). The image must be present. The view is kept under `key` until it is
   * removed. Both methods are idempotent.
   */
  viewImage(image: ImageSpec, key: string, options?: CallOptions): Promise<readonly FileSystemMount[] | undefined>;
  removeImageView(key: string, options?: CallOptions): Promise<void>;
  imageFsInfo(options?: CallOptions): Promise<ImageFsInfo>;

  /**
   * Events of containers from now on. May be briefly ahead of what the other calls report. Rejects when the connection
   * breaks: what happens until the next subscription must be learned by listing. `onSubscribed` is called once the
   * runtime has accepted the subscription.
   */
  events(signal: AbortSignal, onSubscribed?: () => void): AsyncIterable<RuntimeEvent>;
  close(): void;
}
