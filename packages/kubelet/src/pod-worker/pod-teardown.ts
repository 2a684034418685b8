import { rm } from 'node:fs/promises';
import type { Pod } from '@typernetes/api/core/v1';
import { removeLogs } from '../container-logs/remove-logs.ts';
import { containersOf } from '../pod/containers.ts';
import { usableSandbox } from '../runtime/pod-history.ts';
import type { PodRecord } from '../runtime/pod-record.ts';
import { podLogDirectory } from '../runtime/sandbox-config.ts';
import type { PodWorkerDeps } from './deps.ts';
import { stopContainer } from './stop-container.ts';
import { surplusOf } from './surplus.ts';
import { TerminationOrder } from './termination-order.ts';

/** Takes pods down: first what runs, later what remains of them. */
export class PodTeardown {
  readonly #deps: PodWorkerDeps;

  constructor(deps: PodWorkerDeps) {
    this.#deps = deps;
  }

  /** Ends all containers side by side, but sidecars only after the others and in reverse order; then the sandboxes. Idempotent. */
  async stop(pod: Pod, record: PodRecord, options: { graceSeconds: number; signal: AbortSignal }): Promise<void> {
    const podIp = usableSandbox(record)?.ips[0] ?? '';
    const live = containersOf(pod).flatMap((container) =>
      record.containers
        .filter(({ name, state }) => name === container.spec.name && (state === 'running' || state === 'unknown'))
        .map((own) => ({ pod, container, record: own, podIp })),
    );
    const order = new TerminationOrder(live.map(({ container }) => container));
    await Promise.all(
      live.map(async (target) => {
        const { name } = target.container.spec;
        const message = `Stopping container ${name}`;
        try {
          await stopContainer(target, { ...options, message, turn: order.turnOf(name) }, this.#deps);
        } finally {
          order.ended(name);
        }
      }),
    );
    const { signal } = options;
    await Promise.all(
      record.sandboxes.filter(({ ready }) => ready).map(({ id }) => this.#deps.runtime.stopPodSandbox(id, { signal })),
    );
  }

  /** Removes ended containers, sandboxes and logs that a running pod no longer needs. */
  async dropSurplus(record: PodRecord, signal: AbortSignal): Promise<void> {
    const { runtime, logLinks } = this.#deps;
    const { containers, sandboxes } = surplusOf(record);
    await Promise.all(
      containers.map(async ({ id, name, logPath }) => {
        await runtime.removeContainer(id, { signal });
        await removeLogs(logPath);
        await logLinks.remove({ ...ownerOf(record), container: name, id });
      }),
    );
    await Promise.all(sandboxes.map(({ id }) => runtime.removePodSandbox(id, { signal })));
  }

  /** Releases the resources of an ended pod: other pods may need its volumes, and their contents take up space. */
  async release(pod: Pod): Promise<void> {
    await this.#deps.volumes.release(pod.metadata.uid);
    await this.#deps.cgroups.remove(pod);
  }

  /** Removes everything left on the machine: sandboxes with their containers, volumes, cgroup, logs. */
  async clean(pod: Pod, record: PodRecord, signal: AbortSignal): Promise<void> {
    const { runtime, volumes, cgroups, node, logLinks } = this.#deps;
    const { name, namespace = 'default', uid } = pod.metadata;
    await Promise.all(
      record.sandboxes.map(async ({ id }) => {
        await runtime.stopPodSandbox(id, { signal });
        await runtime.removePodSandbox(id, { signal });
      }),
    );
    await Promise.all([
      volumes.remove(uid).then(() => this.#deps.userNamespaces.release(uid)),
      cgroups.remove(pod),
      rm(podLogDirectory(node.logsDir, { name, namespace, uid }), { recursive: true, force: true }),
      ...record.containers.map(({ id, name: container }) => logLinks.remove({ ...ownerOf(record), container, id })),
    ]);
  }
}

const ownerOf = ({ name, namespace }: PodRecord) => ({ podName: name, namespace });
