import type { ContainerRuntime } from './container-runtime.ts';
import type { CriCalls } from './cri-calls.ts';
import type { ExecSyncResponse } from './messages.ts';

type StreamCalls = Pick<ContainerRuntime, 'execSync' | 'exec' | 'attach' | 'portForward'>;

/** Programs and streams in what already runs. */
export const streamCalls = (calls: CriCalls): StreamCalls => ({
  execSync: ({ containerId, cmd, timeoutSeconds }, options) => {
    const message = { containerId, cmd, timeout: String(timeoutSeconds) };
    // The runtime enforces the timeout; the limit here is in case it does not.
    const extraMs = timeoutSeconds > 0 ? timeoutSeconds * 1000 : Number.POSITIVE_INFINITY;
    return calls.runtime<ExecSyncResponse>('ExecSync', message, { ...options, extraMs });
  },
  exec: async (request, options) => (await calls.runtime<{ url: string }>('Exec', request, options)).url,
  attach: async (request, options) => (await calls.runtime<{ url: string }>('Attach', request, options)).url,
  portForward: async ({ podSandboxId, ports }, options) =>
    (await calls.runtime<{ url: string }>('PortForward', { podSandboxId, port: ports }, options)).url,
});
