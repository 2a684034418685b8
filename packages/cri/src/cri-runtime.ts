import type { TracedCall } from '@typernetes/base';
import type { CallOptions, ContainerFilter, ContainerRuntime, SandboxFilter } from './container-runtime.ts';
import { configOf, driverOf, injectsCdi } from './containerd-config.ts';
import { containerdEvents } from './containerd-events.ts';
import { ContainerdImages, lacksImageMounts } from './containerd-images.ts';
import { codecOf } from './cri-codecs.ts';
import { GrpcChannel, type Method } from './grpc-channel.ts';
import type {
  Container,
  ContainerStats,
  ContainerStatus,
  ExecSyncResponse,
  Image,
  ImageFsInfo,
  PodSandbox,
  PodSandboxStatus,
  RuntimeCondition,
  RuntimeEvent,
  RuntimeHandler,
  VersionResponse,
} from './messages.ts';
import { isRuntimeNotFound, isUnimplemented, RuntimeError } from './runtime-error.ts';

/**
 * A method of the interface whose messages are named after it: `PullImage`, `PullImageRequest`, `PullImageResponse`.
 */
function method(service: 'RuntimeService' | 'ImageService', name: string): Method {
  return {
    path: `/runtime.v1.${service}/${name}`,
    request: `cri.${name}Request`,
    response: `cri.${name}Response`,
  };
}

const eventsMethod: Method = {
  path: '/runtime.v1.RuntimeService/GetContainerEvents',
  request: 'cri.GetEventsRequest',
  response: 'cri.ContainerEventResponse',
};

const eventTypes = {
  CONTAINER_CREATED_EVENT: 'created',
  CONTAINER_STARTED_EVENT: 'started',
  CONTAINER_STOPPED_EVENT: 'stopped',
  CONTAINER_DELETED_EVENT: 'deleted',
} as const;

interface ConnectRuntimeOptions {
  /** The endpoint of the image service, if it differs. */
  readonly imageEndpoint?: string;
  /** The time limit of calls that do not wait for programs, images or streams; without it, none. */
  readonly timeoutMs?: number;
  /** Traces calls as part of the caller's span. */
  readonly traced?: TracedCall | undefined;
}

/** Calls without a time limit: running programs, pulling images, streams. */
const unhurried: ReadonlySet<string> = new Set(['PullImage']);

/** As often as a container goes while statistics are made, they are asked for again. */
const mostStatsTries = 5;

/** Connects to the runtime that serves CRI at `endpoint`, with the first call. */
export function connectRuntime(
  endpoint: string,
  { imageEndpoint = '', timeoutMs = 0, traced }: ConnectRuntimeOptions = {},
): ContainerRuntime {
  const channel = new GrpcChannel(endpoint, codecOf, { traced });
  const isApart = imageEndpoint !== '' && imageEndpoint !== endpoint;
  const imageChannel = isApart ? new GrpcChannel(imageEndpoint, codecOf, { traced }) : channel;
  const patient = (name: string, options: CallOptions = {}, moreMs = 0): CallOptions & { timeoutMs?: number } =>
    timeoutMs > 0 && !unhurried.has(name) ? { ...options, timeoutMs: timeoutMs + moreMs } : options;
  const runtime = <R>(name: string, message: unknown, options?: CallOptions): Promise<R> =>
    channel.unary<R>(method('RuntimeService', name), message, patient(name, options));
  const images = <R>(name: string, message: unknown, options?: CallOptions): Promise<R> =>
    imageChannel.unary<R>(method('ImageService', name), message, patient(name, options));

  /** containerd's snapshot service, where its CRI service does not mount images. */
  const imageViews = async (options: CallOptions): Promise<ContainerdImages | undefined> => {
    const version = await runtime<VersionResponse>('Version', {}, options);
    if (!lacksImageMounts(version)) return undefined;
    const { info } = await runtime<{ info: Record<string, string> }>('Status', { verbose: true }, options);
    return new ContainerdImages(channel, configOf(info.config).containerd?.snapshotter ?? 'overlayfs');
  };

  return {
    version: (options) => runtime<VersionResponse>('Version', {}, options),
    status: async (options) => {
      const { status, runtimeHandlers, features } = await runtime<{
        status: { conditions: RuntimeCondition[] };
        runtimeHandlers: RuntimeHandler[];
        features: { supplementalGroupsPolicy: boolean } | null;
      }>('Status', {}, options);
      return {
        conditions: status.conditions,
        handlers: runtimeHandlers,
        supplementalGroupsPolicy: features?.supplementalGroupsPolicy,
      };
    },

    cgroupDriver: async (options) => {
      try {
        const { linux } = await runtime<{ linux: { cgroupDriver: string } | null }>('RuntimeConfig', {}, options);
        if (linux) return { driver: linux.cgroupDriver === 'SYSTEMD' ? 'systemd' : 'cgroupfs', binding: true };
      } catch (error) {
        if (!isUnimplemented(error)) throw error;
      }
      const { info } = await runtime<{ info: Record<string, string> }>('Status', { verbose: true }, options);
      const driver = driverOf(info.config);
      return driver && { driver, binding: false };
    },

    injectsCdiDevices: async (options) => {
      const [version, { info }] = await Promise.all([
        runtime<VersionResponse>('Version', {}, options),
        runtime<{ info: Record<string, string> }>('Status', { verbose: true }, options),
      ]);
      return injectsCdi(version, configOf(info.config));
    },

    runPodSandbox: async (config, { runtimeHandler, ...options } = {}) => {
      // Setting up the network takes time: upstream allows twice the usual limit.
      const answer = await channel.unary<{ podSandboxId: string }>(
        method('RuntimeService', 'RunPodSandbox'),
        { config, runtimeHandler },
        patient('RunPodSandbox', options, timeoutMs),
      );
      return answer.podSandboxId;
    },
    stopPodSandbox: async (podSandboxId, options) => {
      await runtime('StopPodSandbox', { podSandboxId }, options);
    },
    removePodSandbox: async (podSandboxId, options) => {
      await runtime('RemovePodSandbox', { podSandboxId }, options);
    },
    listPodSandboxes: async (filter, options) => {
      const message = { filter: sandboxFilter(filter) };
      return (await runtime<{ items: PodSandbox[] }>('ListPodSandbox', message, options)).items;
    },
    podSandboxStatus: async (podSandboxId, options) =>
      (await runtime<{ status: PodSandboxStatus }>('PodSandboxStatus', { podSandboxId }, options)).status,

    createContainer: async (request, options) =>
      (await runtime<{ containerId: string }>('CreateContainer', request, options)).containerId,
    startContainer: async (containerId, options) => {
      await runtime('StartContainer', { containerId }, options);
    },
    stopContainer: async (containerId, timeoutSeconds, options) => {
      const message = { containerId, timeout: String(timeoutSeconds) };
      await channel.unary(
        method('RuntimeService', 'StopContainer'),
        message,
        patient('StopContainer', options, timeoutSeconds * 1000),
      );
    },
    removeContainer: async (containerId, options) => {
      await runtime('RemoveContainer', { containerId }, options);
    },
    listContainers: async (filter, options) => {
      const message = { filter: containerFilter(filter) };
      return (await runtime<{ containers: Container[] }>('ListContainers', message, options)).containers;
    },
    containerStatus: async (containerId, options) =>
      (await runtime<{ status: ContainerStatus }>('ContainerStatus', { containerId }, options)).status,
    updateContainerResources: async (containerId, linux, options) => {
      await runtime('UpdateContainerResources', { containerId, linux }, options);
    },
    reopenContainerLog: async (containerId, options) => {
      await runtime('ReopenContainerLog', { containerId }, options);
    },
    checkpointContainer: async ({ containerId, location, timeoutSeconds }, options) => {
      const message = { containerId, location, timeout: String(timeoutSeconds) };
      await channel.unary(
        method('RuntimeService', 'CheckpointContainer'),
        message,
        patient('CheckpointContainer', options, timeoutSeconds * 1000),
      );
    },

    execSync: ({ containerId, cmd, timeoutSeconds }, options) => {
      const message = { containerId, cmd, timeout: String(timeoutSeconds) };
      // The runtime enforces the timeout; the limit here is in case it does not.
      const limit = timeoutMs > 0 && timeoutSeconds > 0 ? { timeoutMs: timeoutSeconds * 1000 + timeoutMs } : {};
      return channel.unary<ExecSyncResponse>(method('RuntimeService', 'ExecSync'), message, { ...options, ...limit });
    },
    exec: async (request, options) => (await runtime<{ url: string }>('Exec', request, options)).url,
    attach: async (request, options) => (await runtime<{ url: string }>('Attach', request, options)).url,
    portForward: async ({ podSandboxId, ports }, options) =>
      (await runtime<{ url: string }>('PortForward', { podSandboxId, port: ports }, options)).url,

    containerStats: async (containerId, options) =>
      (await runtime<{ stats: ContainerStats }>('ContainerStats', { containerId }, options)).stats,
    listContainerStats: async (filter = {}, options) => {
      const { labels, ...rest } = filter;
      const message = { filter: { ...rest, labelSelector: labels } };
      // Before 1.7 containerd refuses all of them when one goes while it counts.
      for (let tries = 1; ; tries++) {
        try {
          return (await runtime<{ stats: ContainerStats[] }>('ListContainerStats', message, options)).stats;
        } catch (error) {
          if (!isRuntimeNotFound(error) || tries === mostStatsTries) throw error;
        }
      }
    },

    pullImage: async (request, options) => (await images<{ imageRef: string }>('PullImage', request, options)).imageRef,
    listImages: async (options) => (await images<{ images: Image[] }>('ListImages', {}, options)).images,
    imageStatus: async (image, options) =>
      (await images<{ image: Image | null }>('ImageStatus', { image }, options)).image ?? undefined,
    removeImage: async (image, options) => {
      await images('RemoveImage', { image }, options);
    },
    viewImage: async (image, key, options = {}) => {
      const views = await imageViews(options);
      if (!views) return undefined;
      const { info } = await images<{ info: Record<string, string> }>('ImageStatus', { image, verbose: true }, options);
      const { chainID } = JSON.parse(info.info ?? '{}') as { chainID?: string };
      if (!chainID) throw new RuntimeError('NotFound', `layers of image "${image.image}" are not known`);
      return views.view(key, chainID, options);
    },
    removeImageView: async (key, options = {}) => (await imageViews(options))?.remove(key, options),
    imageFsInfo: (options) => images<ImageFsInfo>('ImageFsInfo', {}, options),

    events: (signal, onSubscribed) => runtimeEvents(channel, signal, onSubscribed),
    close: () => {
      channel.close();
      if (isApart) imageChannel.close();
    },
  };
}

function sandboxFilter(filter: SandboxFilter = {}): object {
  const { labels, state, id } = filter;
  return { id, labelSelector: labels, ...(state ? { state: { state } } : {}) };
}

function containerFilter(filter: ContainerFilter = {}): object {
  const { labels, state, id, podSandboxId } = filter;
  return { id, podSandboxId, labelSelector: labels, ...(state ? { state: { state } } : {}) };
}

/** The CRI event stream where the runtime has it (containerd from 1.7 on), else containerd's own. */
async function* runtimeEvents(
  channel: GrpcChannel,
  signal: AbortSignal,
  onSubscribed?: () => void,
): AsyncGenerator<RuntimeEvent> {
  try {
    const stream = channel.serverStream<{ containerId: string; containerEventType: keyof typeof eventTypes }>(
      eventsMethod,
      {},
      { signal, onHeaders: onSubscribed },
    );
    for await (const event of stream)
      yield { type: eventTypes[event.containerEventType], containerId: event.containerId };
  } catch (error) {
    if (!isUnimplemented(error)) throw error;
    yield* containerdEvents(channel, signal, onSubscribed);
  }
}
