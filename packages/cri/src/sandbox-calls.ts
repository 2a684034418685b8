import type { ContainerRuntime, SandboxFilter } from './container-runtime.ts';
import type { CriCalls } from './cri-calls.ts';
import type { PodSandbox, PodSandboxStatus } from './messages.ts';

type SandboxCalls = Pick<
  ContainerRuntime,
  'runPodSandbox' | 'stopPodSandbox' | 'removePodSandbox' | 'listPodSandboxes' | 'podSandboxStatus'
>;

export const sandboxCalls = (calls: CriCalls, { timeoutMs = 0 }: { readonly timeoutMs?: number }): SandboxCalls => ({
  runPodSandbox: async (config, { runtimeHandler, ...options } = {}) => {
    // Setting up the network takes time: upstream allows twice the usual limit.
    const limited = { ...options, extraMs: timeoutMs };
    const message = { config, runtimeHandler };
    return (await calls.runtime<{ podSandboxId: string }>('RunPodSandbox', message, limited)).podSandboxId;
  },
  stopPodSandbox: async (podSandboxId, options) => {
    await calls.runtime('StopPodSandbox', { podSandboxId }, options);
  },
  removePodSandbox: async (podSandboxId, options) => {
    await calls.runtime('RemovePodSandbox', { podSandboxId }, options);
  },
  listPodSandboxes: async (filter, options) => {
    const message = { filter: sandboxFilter(filter) };
    return (await calls.runtime<{ items: PodSandbox[] }>('ListPodSandbox', message, options)).items;
  },
  podSandboxStatus: async (podSandboxId, options) =>
    (await calls.runtime<{ status: PodSandboxStatus }>('PodSandboxStatus', { podSandboxId }, options)).status,
});

function sandboxFilter(filter: SandboxFilter = {}): object {
  const { labels, state, id } = filter;
  return { id, labelSelector: labels, ...(state ? { state: { state } } : {}) };
}
