import type { Pod } from '@typernetes/api/core/v1';
import type { PodContainer } from '../pod/containers.ts';
import { restartsAfter } from '../pod/restart-policy.ts';
import type { ProbeVerdicts } from '../probes/probe-verdicts.ts';
import type { ContainerRecord, PodRecord } from '../runtime/pod-record.ts';

export interface ContainerStart {
  readonly container: PodContainer;
  /** How often it was started before. */
  readonly attempt: number;
  /** When its last life that has ended did: the back-off counts from there. */
  readonly endedAt?: number;
}

export interface ContainerKill {
  readonly record: ContainerRecord;
  readonly container: PodContainer;
  /** The event's message. */
  readonly message: string;
  /** A probe may have its own grace period; when all containers are restarted, there is none. */
  readonly reason?: 'startup' | 'liveness' | 'restart-all';
}

/** The inputs of a plan. */
export interface PlanView {
  readonly record: PodRecord;
  readonly probes: ProbeVerdicts;
  /** Whether a running container must be restarted to get its new resources. */
  needsRestart(container: PodContainer, own: ContainerRecord): boolean;
  /** The container's newest life, as far as it belongs to the present run of the pod. */
  own(container: PodContainer): ContainerRecord | undefined;
}

/** The next start of a container. */
export function startOf(container: PodContainer, { record }: Pick<PlanView, 'record'>): ContainerStart {
  const lives = record.containers.filter(({ name }) => name === container.spec.name);
  const endedAt = lives.find(({ state }) => state === 'exited')?.finishedAt;
  const attempt = lives[0] ? lives[0].attempt + 1 : 0;
  return endedAt === undefined ? { container, attempt } : { container, attempt, endedAt };
}

/** Whether a container that does not run is to. */
export function needsStart(pod: Pod, { spec }: PodContainer, record: ContainerRecord | undefined): boolean {
  if (!record || record.state === 'created' || record.state === 'unknown') return true;
  return record.state === 'exited' && restartsAfter(spec, pod.spec, record.exitCode);
}

/** The message for stopping a container whose state the runtime does not know. */
export function unknownState(subject: 'Container' | 'Init container'): string {
  return `${subject} is in "unknown" state, try killing it before restart`;
}
