import type { Container, Probe } from '@typernetes/api/core/v1';
import { messageOf } from '@typernetes/base';
import { type ContainerRuntime, runtimeCodeOf } from '@typernetes/cri';
import { formatDuration } from '@typernetes/process';
import { expand } from '../runtime/expansion.ts';
import { httpAction, portNumber, probeAgent, tcpAction } from './actions.ts';
import { grpcHealth } from './grpc-health.ts';

/**
 * The result of a probe. `error` means that the probe could not run, which counts neither as success nor as failure.
 */
interface Answer {
  readonly result: 'success' | 'warning' | 'failure' | 'error';
  readonly message: string;
}

interface ProbeTarget {
  readonly container: Container;
  readonly containerId: string;
  readonly podIp: string;
}

interface AskOptions {
  readonly runtime: Pick<ContainerRuntime, 'execSync'>;
  readonly signal: AbortSignal;
}

const maxOutputBytes = 10 * 1024;

/** Asks once. Rejects only when the signal aborts. */
export async function askProbe(target: ProbeTarget, probe: Probe, options: AskOptions): Promise<Answer> {
  const timeoutMs = (probe.timeoutSeconds ?? 1) * 1000;
  try {
    if (probe.exec) return await askProgram(target, probe.exec.command ?? [], { ...options, timeoutMs });
    return await askNetwork(target, probe, { timeoutMs, signal: options.signal });
  } catch (error) {
    options.signal.throwIfAborted();
    return { result: 'error', message: messageOf(error) };
  }
}

async function askNetwork(
  { container, podIp }: ProbeTarget,
  { httpGet, tcpSocket, grpc }: Probe,
  options: { timeoutMs: number; signal: AbortSignal },
): Promise<Answer> {
  if (httpGet) {
    portNumber(container, httpGet.port);
    const asked = httpAction(container, httpGet, { ...options, podIp, agent: 'kube-probe' });
    return asked.then(({ status, body }): Answer => {
      if (status >= 300 && status < 400)
        return { result: 'warning', message: `Probe terminated redirects, Response body: ${body}` };
      if (status >= 200 && status < 300) return { result: 'success', message: body };
      return { result: 'failure', message: `HTTP probe failed with statuscode: ${status}` };
    }, failed(options.signal));
  }
  if (tcpSocket) {
    const port = portNumber(container, tcpSocket.port);
    const asked = tcpAction({ ...options, host: tcpSocket.host || podIp, port });
    return asked.then((): Answer => ({ result: 'success', message: '' }), failed(options.signal));
  }
  if (grpc) {
    const address = podIp.includes(':') ? `[${podIp}]:${grpc.port}` : `${podIp}:${grpc.port}`;
    const { passed, message } = await grpcHealth(address, grpc.service ?? '', { ...options, agent: probeAgent });
    options.signal.throwIfAborted();
    return { result: passed ? 'success' : 'failure', message };
  }
  throw new Error(`missing probe handler for ${container.name}`);
}

/** A timeout is a failure, too. */
function failed(signal: AbortSignal): (error: unknown) => Answer {
  return (error) => {
    signal.throwIfAborted();
    return { result: 'failure', message: messageOf(error) };
  };
}

async function askProgram(
  { container, containerId }: ProbeTarget,
  command: readonly string[],
  options: AskOptions & { timeoutMs: number },
): Promise<Answer> {
  const { runtime, signal, timeoutMs } = options;
  const values = new Map((container.env ?? []).map(({ name, value }) => [name, value]));
  const cmd = command.map((part) => expand(part, (name) => values.get(name)));
  try {
    const request = { containerId, cmd, timeoutSeconds: timeoutMs / 1000 };
    const { exitCode, stdout, stderr } = await runtime.execSync(request, { signal });
    const message = Buffer.concat([stdout, stderr]).subarray(0, maxOutputBytes).toString();
    return { result: exitCode === 0 ? 'success' : 'failure', message };
  } catch (error) {
    if (runtimeCodeOf(error) !== 'DeadlineExceeded') throw error;
    const text = `command timed out: "${cmd.join(' ')}" timed out after ${formatDuration(timeoutMs)}`;
    return { result: 'failure', message: text };
  }
}
