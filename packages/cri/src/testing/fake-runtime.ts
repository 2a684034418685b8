import type { Clock } from '@typernetes/base';
import type { CallOptions, ContainerFilter, ContainerRuntime, SandboxFilter } from '../container-runtime.ts';
import type {
  Container,
  ContainerConfig,
  ContainerStats,
  ContainerStatus,
  ExecSyncResponse,
  Image,
  Labels,
  PodSandbox,
  PodSandboxConfig,
  PodSandboxStatus,
  RuntimeEvent,
  RuntimeHandler,
  RuntimeStatus,
} from '../messages.ts';
import { RuntimeError } from '../runtime-error.ts';
import { EventFeed } from './event-feed.ts';

export interface FakeRuntimeOptions {
  readonly clock: Clock;
  /** Names of images that are present. */
  readonly images?: readonly string[];
  /** Names of images that can be pulled. */
  readonly registry?: readonly string[];
}

interface FakeSandbox {
  readonly config: PodSandboxConfig;
  status: PodSandboxStatus;
}

interface FakeContainer {
  readonly config: ContainerConfig;
  readonly podSandboxId: string;
  status: ContainerStatus;
}

/**
 * A runtime in memory. Programs run until a test ends them or until they are told to stop: then they exit at once with
 * code 143, except in `stubborn` containers, which must be killed when the grace period is over. `calls` lists the
 * changes in order, in the form `start web/0`: the container's name and attempt.
 */
export class FakeRuntime implements ContainerRuntime {
  readonly calls: string[] = [];
  /** Containers that were started while an earlier instance still ran. */
  readonly twice: string[] = [];
  /** Names of containers that ignore the stop signal. */
  readonly stubborn = new Set<string>();
  readonly registry: Set<string>;
  /** Answers exec. By default every program succeeds and prints nothing. */
  onExec: (container: string, cmd: readonly string[]) => { exitCode: number; stdout?: string } = () => ({
    exitCode: 0,
  });

  /** The handlers that it reports. */
  handlers: readonly RuntimeHandler[] = [];

  readonly #clock: Clock;
  readonly #images: Set<string>;
  readonly #sandboxes = new Map<string, FakeSandbox>();
  readonly #containers = new Map<string, FakeContainer>();
  readonly #events = new EventFeed();
  #ids = 0;
  #lastTime = 0n;

  constructor({ clock, images = [], registry = [] }: FakeRuntimeOptions) {
    this.#clock = clock;
    this.#images = new Set(images);
    this.registry = new Set([...images, ...registry]);
  }

  /** The number of sandboxes and containers that still exist. */
  get remains(): { readonly sandboxes: number; readonly containers: number } {
    return { sandboxes: this.#sandboxes.size, containers: this.#containers.size };
  }

  /** The running containers of all pods, as `name/attempt`. */
  get running(): readonly string[] {
    return this.#all('CONTAINER_RUNNING').map(nameOf);
  }

  configOf(name: string): ContainerConfig | undefined {
    return this.#all('CONTAINER_RUNNING').find(({ config }) => config.metadata.name === name)?.config;
  }

  /** The program of the running container exits by itself. */
  exit(name: string, exitCode: number, reason = exitCode === 0 ? 'Completed' : 'Error'): void {
    const container = this.#all('CONTAINER_RUNNING').find(({ config }) => config.metadata.name === name);
    if (!container) throw new Error(`no container ${name} is running`);
    this.#end(container, exitCode, reason);
  }

  /** All pods lose their sandboxes at once, as when their infra containers are killed. */
  loseSandboxes(): void {
    for (const container of this.#all('CONTAINER_RUNNING')) this.#end(container, 137, 'Error');
    for (const sandbox of this.#sandboxes.values()) this.#endSandbox(sandbox);
  }

  async version(): Promise<{ runtimeName: string; runtimeVersion: string; runtimeApiVersion: string }> {
    return { runtimeName: 'fake', runtimeVersion: '1.0.0', runtimeApiVersion: 'v1' };
  }

  async injectsCdiDevices(): Promise<boolean> {
    return true;
  }

  async cgroupDriver(): Promise<undefined> {
    return undefined;
  }

  async status(): Promise<RuntimeStatus> {
    const conditions = ['RuntimeReady', 'NetworkReady'].map((type) => ({
      type,
      status: true,
      reason: '',
      message: '',
    }));
    return { conditions, handlers: this.handlers, supplementalGroupsPolicy: undefined };
  }

  async runPodSandbox(
    config: PodSandboxConfig,
    { runtimeHandler = '' }: { runtimeHandler?: string } = {},
  ): Promise<string> {
    const { name, uid, attempt } = config.metadata;
    const taken = [...this.#sandboxes.values()].some(
      ({ config: other }) => other.metadata.uid === uid && other.metadata.attempt === attempt,
    );
    if (taken) throw new RuntimeError('Unknown', `name "${name}_${uid}_${attempt}" is reserved`);
    const id = `sandbox-${++this.#ids}`;
    this.calls.push(`sandbox ${name}/${attempt}`);
    const status: PodSandboxStatus = {
      id,
      metadata: config.metadata,
      state: 'SANDBOX_READY',
      createdAt: this.#time(),
      labels: config.labels ?? {},
      annotations: config.annotations ?? {},
      runtimeHandler,
      network: { ip: `10.0.0.${this.#ids}`, additionalIps: [] },
    };
    this.#sandboxes.set(id, { config, status });
    this.#events.publish({ type: 'started', containerId: id });
    return id;
  }

  async stopPodSandbox(id: string): Promise<void> {
    const sandbox = this.#sandboxes.get(id);
    if (sandbox?.status.state !== 'SANDBOX_READY') return;
    this.calls.push(`stop sandbox ${sandbox.config.metadata.name}/${sandbox.config.metadata.attempt}`);
    for (const container of this.#all('CONTAINER_RUNNING'))
      if (container.podSandboxId === id) this.#end(container, 137, 'Error');
    this.#endSandbox(sandbox);
  }

  async removePodSandbox(id: string): Promise<void> {
    const sandbox = this.#sandboxes.get(id);
    if (!sandbox) return;
    this.calls.push(`remove sandbox ${sandbox.config.metadata.name}/${sandbox.config.metadata.attempt}`);
    for (const [containerId, { podSandboxId }] of this.#containers)
      if (podSandboxId === id) this.#containers.delete(containerId);
    this.#sandboxes.delete(id);
  }

  async listPodSandboxes(filter: SandboxFilter = {}): Promise<readonly PodSandbox[]> {
    return [...this.#sandboxes.values()]
      .map(({ status }) => status)
      .filter(
        ({ id, state, labels }) =>
          (filter.id ?? id) === id && (filter.state ?? state) === state && includes(labels, filter.labels),
      );
  }

  async podSandboxStatus(id: string): Promise<PodSandboxStatus> {
    return this.#sandbox(id).status;
  }

  async createContainer(request: {
    podSandboxId: string;
    config: ContainerConfig;
    sandboxConfig: PodSandboxConfig;
  }): Promise<string> {
    const { podSandboxId, config } = request;
    if (this.#sandbox(podSandboxId).status.state !== 'SANDBOX_READY')
      throw new RuntimeError('Unknown', `sandbox container "${podSandboxId}" is not running`);
    const { name, attempt } = config.metadata;
    const taken = [...this.#containers.values()].some(
      (other) =>
        other.podSandboxId === podSandboxId &&
        other.config.metadata.name === name &&
        other.config.metadata.attempt === attempt,
    );
    if (taken)
      throw new RuntimeError('Unknown', `failed to reserve container name "${name}_${attempt}": it is reserved`);
    const id = `container-${++this.#ids}`;
    const status: ContainerStatus = {
      id,
      metadata: config.metadata,
      state: 'CONTAINER_CREATED',
      createdAt: this.#time(),
      startedAt: '0',
      finishedAt: '0',
      exitCode: 0,
      image: config.image,
      imageRef: `sha256:${config.image.image}`,
      reason: '',
      message: '',
      labels: config.labels ?? {},
      annotations: config.annotations ?? {},
      mounts: config.mounts ?? [],
      user: null,
      logPath: `${this.#sandbox(podSandboxId).config.logDirectory ?? ''}/${config.logPath ?? ''}`,
    };
    const container = { config, podSandboxId, status };
    this.#containers.set(id, container);
    return id;
  }

  async startContainer(id: string): Promise<void> {
    const container = this.#container(id);
    if (container.status.state !== 'CONTAINER_CREATED')
      throw new RuntimeError('Unknown', `container "${id}" is in ${container.status.state} state`);
    const { metadata, labels } = container.config;
    const twin = this.#all('CONTAINER_RUNNING').find(
      ({ config }) =>
        config.metadata.name === metadata.name &&
        config.labels?.[podUid] !== undefined &&
        config.labels[podUid] === labels?.[podUid],
    );
    if (twin) this.twice.push(nameOf(container));
    this.calls.push(`start ${nameOf(container)}`);
    container.status = { ...container.status, state: 'CONTAINER_RUNNING', startedAt: this.#time() };
    this.#events.publish({ type: 'started', containerId: id });
  }

  async stopContainer(id: string, timeoutSeconds: number, { signal }: CallOptions = {}): Promise<void> {
    const container = this.#container(id);
    if (container.status.state !== 'CONTAINER_RUNNING') return;
    this.calls.push(`stop ${nameOf(container)} within ${timeoutSeconds} s`);
    const stubborn = this.stubborn.has(container.config.metadata.name);
    if (stubborn) await this.#clock.sleep(timeoutSeconds * 1000, signal);
    if (container.status.state === 'CONTAINER_RUNNING') this.#end(container, stubborn ? 137 : 143, 'Error');
  }

  async removeContainer(id: string): Promise<void> {
    const container = this.#containers.get(id);
    if (!container) return;
    this.calls.push(`remove ${nameOf(container)}`);
    this.#containers.delete(id);
  }

  async listContainers(filter: ContainerFilter = {}): Promise<readonly Container[]> {
    return [...this.#containers.values()]
      .filter(
        ({ status, podSandboxId }) =>
          (filter.id ?? status.id) === status.id &&
          (filter.state ?? status.state) === status.state &&
          (filter.podSandboxId ?? podSandboxId) === podSandboxId &&
          includes(status.labels, filter.labels),
      )
      .map(({ status, podSandboxId }) => ({ ...status, podSandboxId }));
  }

  async containerStatus(id: string): Promise<ContainerStatus> {
    return this.#container(id).status;
  }

  async updateContainerResources(id: string): Promise<void> {
    this.calls.push(`update ${nameOf(this.#container(id))}`);
  }

  async reopenContainerLog(id: string): Promise<void> {
    this.calls.push(`reopen log of ${nameOf(this.#container(id))}`);
  }

  /** As containerd before 2.0: unimplemented, unless a test implements it. */
  onCheckpoint: (request: { readonly location: string; readonly timeoutSeconds: number }) => void = () => {
    throw new RuntimeError('Unimplemented', 'method CheckpointContainer not implemented');
  };

  async checkpointContainer({
    containerId,
    ...request
  }: {
    containerId: string;
    location: string;
    timeoutSeconds: number;
  }): Promise<void> {
    this.calls.push(`checkpoint ${nameOf(this.#container(containerId))}`);
    this.onCheckpoint(request);
  }

  async execSync({ containerId, cmd }: { containerId: string; cmd: readonly string[] }): Promise<ExecSyncResponse> {
    const container = this.#container(containerId);
    this.calls.push(`exec ${nameOf(container)} ${cmd.join(' ')}`);
    const { exitCode, stdout = '' } = this.onExec(container.config.metadata.name, cmd);
    return { exitCode, stdout: Buffer.from(stdout), stderr: Buffer.alloc(0) };
  }

  exec(): Promise<string> {
    return Promise.reject(new RuntimeError('Unimplemented', 'the fake has no streams'));
  }

  attach(): Promise<string> {
    return this.exec();
  }

  portForward(): Promise<string> {
    return this.exec();
  }

  async containerStats(id: string): Promise<ContainerStats> {
    const { status } = this.#container(id);
    const attributes = { id, metadata: status.metadata, labels: status.labels };
    return { attributes, cpu: null, memory: null, writableLayer: null };
  }

  async listContainerStats(filter: Omit<ContainerFilter, 'state'> = {}): Promise<readonly ContainerStats[]> {
    return Promise.all((await this.listContainers(filter)).map(({ id }) => this.containerStats(id)));
  }

  async pullImage({ image }: { image: { image: string } }): Promise<string> {
    this.calls.push(`pull ${image.image}`);
    if (!this.registry.has(image.image)) throw new RuntimeError('NotFound', `${image.image}: not found`);
    this.#images.add(image.image);
    return image.image;
  }

  async listImages(): Promise<readonly Image[]> {
    return [...this.#images].map(imageNamed);
  }

  async imageStatus({ image }: { image: string }): Promise<Image | undefined> {
    return this.#images.has(image) ? imageNamed(image) : undefined;
  }

  async removeImage({ image }: { image: string }): Promise<void> {
    this.#images.delete(image);
  }

  /** This runtime mounts images itself. */
  async viewImage(): Promise<undefined> {}

  async removeImageView(): Promise<void> {}

  async imageFsInfo(): Promise<{ imageFilesystems: []; containerFilesystems: [] }> {
    return { imageFilesystems: [], containerFilesystems: [] };
  }

  events(signal: AbortSignal, onSubscribed?: () => void): AsyncIterable<RuntimeEvent> {
    return this.#events.subscribe(signal, onSubscribed);
  }

  close(): void {}

  #all(state: ContainerStatus['state']): FakeContainer[] {
    return [...this.#containers.values()].filter(({ status }) => status.state === state);
  }

  #end(container: FakeContainer, exitCode: number, reason: string): void {
    const finishedAt = this.#time();
    container.status = { ...container.status, state: 'CONTAINER_EXITED', exitCode, reason, finishedAt };
    this.#events.publish({ type: 'stopped', containerId: container.status.id });
  }

  #endSandbox(sandbox: FakeSandbox): void {
    sandbox.status = { ...sandbox.status, state: 'SANDBOX_NOTREADY', network: null };
    this.#events.publish({ type: 'stopped', containerId: sandbox.status.id });
  }

  #sandbox(id: string): FakeSandbox {
    const sandbox = this.#sandboxes.get(id);
    if (!sandbox) throw new RuntimeError('NotFound', `an error occurred when try to find sandbox: not found`);
    return sandbox;
  }

  #container(id: string): FakeContainer {
    const container = this.#containers.get(id);
    if (!container) throw new RuntimeError('NotFound', `an error occurred when try to find container "${id}"`);
    return container;
  }

  /** Nanoseconds; every event gets a time of its own. */
  #time(): string {
    const now = BigInt(this.#clock.now()) * 1_000_000n;
    this.#lastTime = now > this.#lastTime ? now : this.#lastTime + 1n;
    return String(this.#lastTime);
  }
}

const podUid = 'io.kubernetes.pod.uid';

function nameOf({ config }: FakeContainer): string {
  return `${config.metadata.name}/${config.metadata.attempt}`;
}

function imageNamed(name: string): Image {
  return { id: name, repoTags: [name], repoDigests: [], size: '1000', uid: null, username: '', pinned: false };
}

function includes(labels: Labels, wanted: Labels = {}): boolean {
  return Object.entries(wanted).every(([name, value]) => labels[name] === value);
}
