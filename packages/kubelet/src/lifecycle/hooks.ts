import type { LifecycleHandler, Pod } from '@typernetes/api/core/v1';
import type { Clock } from '@typernetes/base';
import type { ContainerRuntime } from '@typernetes/cri';
import type { PodContainer } from '../pod/containers.ts';
import { httpAction } from '../probes/actions.ts';

export interface HookDeps {
  readonly runtime: Pick<ContainerRuntime, 'execSync'>;
  readonly clock: Clock;
}

/** What a hook acts on. */
export interface HookTarget {
  readonly pod: Pod;
  readonly container: PodContainer;
  readonly containerId: string;
  readonly podIp: string;
}

/** Runs a postStart or preStop handler to its end. Rejects when it fails. */
export async function runHook(
  handler: LifecycleHandler,
  { container, containerId, podIp }: HookTarget,
  deps: HookDeps & { signal: AbortSignal },
): Promise<void> {
  if (handler.exec) {
    const cmd = handler.exec.command ?? [];
    const { exitCode, stderr } = await deps.runtime.execSync(
      { containerId, cmd, timeoutSeconds: 0 },
      { signal: deps.signal },
    );
    if (exitCode !== 0)
      throw new Error(`command '${cmd.join(' ')}' exited with ${exitCode}: ${Buffer.from(stderr).toString()}`);
  } else if (handler.httpGet) {
    const answer = await httpAction(container.spec, handler.httpGet, { podIp, timeoutMs: 30_000, signal: deps.signal });
    if (answer.status >= 400) throw new Error(`HTTP hook failed with statuscode: ${answer.status}`);
  } else if (handler.sleep) {
    await deps.clock.sleep(handler.sleep.seconds * 1000, deps.signal);
  }
}
