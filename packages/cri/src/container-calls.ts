import type { ContainerFilter, ContainerRuntime } from './container-runtime.ts';
import type { CriCalls } from './cri-calls.ts';
import type { Container, ContainerStats, ContainerStatus } from './messages.ts';
import { isRuntimeNotFound } from './runtime-error.ts';

type ContainerCalls = Pick<
  ContainerRuntime,
  | 'createContainer'
  | 'startContainer'
  | 'stopContainer'
  | 'removeContainer'
  | 'listContainers'
  | 'containerStatus'
  | 'updateContainerResources'
  | 'reopenContainerLog'
  | 'checkpointContainer'
  | 'containerStats'
  | 'listContainerStats'
>;

/** As often as a container goes while statistics are made, they are asked for again. */
const mostStatsTries = 5;

export const containerCalls = (calls: CriCalls): ContainerCalls => ({
  createContainer: async (request, options) =>
    (await calls.runtime<{ containerId: string }>('CreateContainer', request, options)).containerId,
  startContainer: async (containerId, options) => {
    await calls.runtime('StartContainer', { containerId }, options);
  },
  stopContainer: async (containerId, timeoutSeconds, options) => {
    const message = { containerId, timeout: String(timeoutSeconds) };
    await calls.runtime('StopContainer', message, { ...options, extraMs: timeoutSeconds * 1000 });
  },
  removeContainer: async (containerId, options) => {
    await calls.runtime('RemoveContainer', { containerId }, options);
  },
  listContainers: async (filter, options) => {
    const message = { filter: containerFilter(filter) };
    return (await calls.runtime<{ containers: Container[] }>('ListContainers', message, options)).containers;
  },
  containerStatus: async (containerId, options) =>
    (await calls.runtime<{ status: ContainerStatus }>('ContainerStatus', { containerId }, options)).status,
  updateContainerResources: async (containerId, linux, options) => {
    await calls.runtime('UpdateContainerResources', { containerId, linux }, options);
  },
  reopenContainerLog: async (containerId, options) => {
    await calls.runtime('ReopenContainerLog', { containerId }, options);
  },
  checkpointContainer: async ({ containerId, location, timeoutSeconds }, options) => {
    const message = { containerId, location, timeout: String(timeoutSeconds) };
    await calls.runtime('CheckpointContainer', message, { ...options, extraMs: timeoutSeconds * 1000 });
  },
  containerStats: async (containerId, options) =>
    (await calls.runtime<{ stats: ContainerStats }>('ContainerStats', { containerId }, options)).stats,
  listContainerStats: async ({ labels, ...rest } = {}, options) => {
    const message = { filter: { ...rest, labelSelector: labels } };
    // Before 1.7 containerd refuses all of them when one goes while it counts.
    for (let tries = 1; ; tries++) {
      try {
        return (await calls.runtime<{ stats: ContainerStats[] }>('ListContainerStats', message, options)).stats;
      } catch (error) {
        if (!isRuntimeNotFound(error) || tries === mostStatsTries) throw error;
      }
    }
  },
});

function containerFilter(filter: ContainerFilter = {}): object {
  const { labels, state, id, podSandboxId } = filter;
  return { id, podSandboxId, labelSelector: labels, ...(state ? { state: { state } } : {}) };
}
