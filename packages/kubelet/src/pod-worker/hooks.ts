import type { LifecycleHandler, Pod } from '@typernetes/api/core/v1';
import { type Clock, messageOf } from '@typernetes/base';
import type { ContainerRuntime } from '@typernetes/cri';
import type { RareObserver } from '../metrics/rare-metrics.ts';
import type { PodContainer } from '../pod/containers.ts';
import { podText } from '../pod/identity.ts';
import { httpAction, portNumber, tcpAction } from '../probes/actions.ts';

interface HookDeps {
  readonly runtime: Pick<ContainerRuntime, 'execSync'>;
  readonly clock: Clock;
  readonly observer?: Pick<RareObserver, 'sleepCutShort'> | undefined;
}

/** What a hook acts on. */
interface HookTarget {
  readonly pod: Pod;
  readonly container: PodContainer;
  readonly containerId: string;
  readonly podIp: string;
}

/** How long a hook waits for a response from the network. */
const answerMs = 30_000;

/** Runs a postStart or preStop handler to its end. Rejects when it fails, in upstream's words. */
export async function runHook(
  handler: LifecycleHandler,
  target: HookTarget,
  deps: HookDeps & { signal: AbortSignal },
): Promise<void> {
  const { container, containerId, podIp } = target;
  const { signal } = deps;
  if (handler.exec) {
    const cmd = handler.exec.command ?? [];
    const hook = `Exec lifecycle hook ([${cmd.join(' ')}])`;
    const { exitCode, stdout, stderr } = await deps.runtime
      .execSync({ containerId, cmd, timeoutSeconds: 0 }, { signal })
      .catch((error: unknown) => {
        throw failure(hook, target, `${messageOf(error)}, message: ""`);
      });
    if (exitCode === 0) return;
    const output = JSON.stringify(Buffer.concat([stdout, stderr]).toString());
    throw failure(
      hook,
      target,
      `command '${cmd.join(' ')}' exited with ${exitCode}: ${Buffer.from(stderr).toString()}, message: ${output}`,
    );
  }
  try {
    if (handler.httpGet) {
      // Any response counts as success, whatever its status.
      await httpAction(container.spec, handler.httpGet, {
        podIp,
        timeoutMs: answerMs,
        signal,
        agent: 'kube-lifecycle',
      });
    } else if (handler.tcpSocket) {
      const port = portNumber(container.spec, handler.tcpSocket.port);
      await tcpAction({ host: handler.tcpSocket.host || podIp, port, timeoutMs: answerMs, signal });
    } else if (handler.sleep) {
      await deps.clock.sleep(handler.sleep.seconds * 1000, signal).catch((error: unknown) => {
        deps.observer?.sleepCutShort();
        throw error;
      });
    } else {
      throw new Error('Cannot run handler');
    }
  } catch (error) {
    throw failure(nameOf(handler), target, messageOf(error));
  }
}

function nameOf({ httpGet, tcpSocket, sleep }: LifecycleHandler): string {
  if (httpGet) return `HTTP lifecycle hook (${httpGet.path ?? ''})`;
  if (tcpSocket) return `TCP lifecycle hook (${tcpSocket.port})`;
  return `Sleep lifecycle hook (${sleep?.seconds ?? 0})`;
}

function failure(hook: string, { pod, container }: HookTarget, error: string): Error {
  return new Error(`${hook} for Container "${container.spec.name}" in Pod "${podText(pod)}" failed - error: ${error}`);
}
