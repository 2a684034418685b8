import type { PodContainer } from '../pod/containers.ts';
import { restartsAll } from '../pod/restart-policy.ts';
import { type ContainerRecord, newestByName, type PodRecord, type SandboxRecord } from './pod-record.ts';

/** The newest sandbox, if it is the only one that is ready. */
export function usableSandbox(record: PodRecord): SandboxRecord | undefined {
  const ready = record.sandboxes.filter((sandbox) => sandbox.ready);
  return ready.length === 1 && record.sandboxes[0]?.ready ? record.sandboxes[0] : undefined;
}

/**
 * When a container last exited in a way that restarts all containers (`RestartAllContainers`): those created earlier are outdated.
 * Undefined once all have been restarted.
 */
export function restartOfAll(containers: readonly PodContainer[], record: PodRecord): number | undefined {
  const restartedAt = Math.max(...endsForAll(containers, record.containers));
  const newest = newestByName(record);
  const isOld = ({ kind, spec }: PodContainer): boolean =>
    kind !== 'ephemeral' && (newest.get(spec.name)?.createdAt ?? Number.NEGATIVE_INFINITY) < restartedAt;
  return Number.isFinite(restartedAt) && containers.some(isOld) ? restartedAt : undefined;
}

/** When containers ended in a way that restarts all of them; minus infinity is always included. */
export function endsForAll(containers: readonly PodContainer[], lives: readonly ContainerRecord[]): readonly number[] {
  const byName = new Map(containers.map((container) => [container.spec.name, container.spec]));
  const ends = lives.filter(({ name, state, exitCode }) => {
    const spec = byName.get(name);
    return spec !== undefined && state === 'exited' && restartsAll(spec, exitCode);
  });
  return [Number.NEGATIVE_INFINITY, ...ends.map(({ finishedAt }) => finishedAt)];
}
