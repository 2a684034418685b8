import type { Pod } from '@typernetes/api/core/v1';
import { containersOf, type PodContainer } from '../pod/containers.ts';
import { containerHash } from '../pod/labels.ts';
import { type ContainerRecord, newestByName, type PodRecord, type SandboxRecord } from '../runtime/pod-record.ts';

/** What probes say about a running container. */
export interface ProbeVerdicts {
  /** A liveness or startup probe has failed for good: the container must be restarted. */
  failed(containerId: string): 'liveness' | 'startup' | undefined;
  /** The startup probe has passed, or there is none. */
  started(containerId: string): boolean;
}

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
}

/** What to do with a pod that is to run. */
export interface PodPlan {
  /** `none`: neither is there a usable sandbox nor is one needed. */
  readonly sandbox: 'keep' | 'create' | 'none';
  /** Of the sandbox to create. */
  readonly attempt: number;
  /** End everything that still runs, sandboxes included. With `create` this comes first. */
  readonly stopAll: boolean;
  readonly kill: readonly ContainerKill[];
  /** In this order, one after the other. */
  readonly start: readonly ContainerStart[];
}

const nothing = { attempt: 0, stopAll: false, kill: [], start: [] } as const;

/** Decides from what the pod asks for and what the runtime has (upstream: computePodActions). */
export function planPod(pod: Pod, record: PodRecord, probes: ProbeVerdicts): PodPlan {
  const sandbox = usableSandbox(record);
  const newest = newestByName(record);
  if (!sandbox) return planSandbox(pod, record, newest);

  const inSandbox = new Map([...newest].filter(([, container]) => container.sandboxId === sandbox.id));
  const kill: ContainerKill[] = [];
  const start: ContainerStart[] = [];
  const plan: PodPlan = { ...nothing, sandbox: 'keep', kill, start };
  const containers = containersOf(pod);
  const regular = containers.filter(({ kind }) => kind === 'regular');
  const wasInitialized = regular.some(({ spec }) => inSandbox.has(spec.name));

  for (const container of containers.filter(({ kind }) => kind === 'init' || kind === 'sidecar')) {
    const own = inSandbox.get(container.spec.name);
    if (container.kind === 'init') {
      if (wasInitialized || (own?.state === 'exited' && own.exitCode === 0)) continue;
      if (own?.state === 'running') return plan;
      if (own?.state === 'exited' && pod.spec?.restartPolicy === 'Never') return { ...plan, stopAll: true };
      start.push(startOf(container, record));
      return plan;
    }
    const step = planContainer(pod, container, { own, record, probes });
    if (step.kill) kill.push(step.kill);
    if (step.start) start.push(step.start);
    if (!wasInitialized && !(own?.state === 'running' && !step.kill && probes.started(own.id))) return plan;
  }

  let alive = 0;
  for (const container of regular) {
    const own = inSandbox.get(container.spec.name);
    const step = planContainer(pod, container, { own, record, probes });
    if (step.kill) kill.push(step.kill);
    if (step.start) start.push(step.start);
    else if (own?.state === 'running' && !step.kill) alive++;
  }
  for (const container of containers.filter(({ kind }) => kind === 'ephemeral'))
    if (!newest.has(container.spec.name)) start.push(startOf(container, record));
  const done = alive === 0 && !start.some(({ container }) => container.kind === 'regular');
  return done && !kill.some(({ container }) => container.kind === 'regular')
    ? { ...plan, start: [], stopAll: true }
    : plan;
}

/** The newest sandbox, when it is ready and the only ready one. */
export function usableSandbox(record: PodRecord): SandboxRecord | undefined {
  const ready = record.sandboxes.filter((sandbox) => sandbox.ready);
  return ready.length === 1 && record.sandboxes[0]?.ready ? record.sandboxes[0] : undefined;
}

/** There is no usable sandbox: whether the pod still has something to run in a new one, and what comes first. */
function planSandbox(pod: Pod, record: PodRecord, newest: ReadonlyMap<string, ContainerRecord>): PodPlan {
  const attempt = record.sandboxes.length === 0 ? 0 : Math.max(...record.sandboxes.map((s) => s.attempt)) + 1;
  const containers = containersOf(pod);
  const regular = containers
    .filter(({ kind }) => kind === 'regular')
    .filter((container) => attempt === 0 || needsStart(pod, container, newest.get(container.spec.name)));
  if (regular.length === 0 || initFailed(pod, newest)) {
    return { ...nothing, sandbox: 'none', stopAll: record.sandboxes.some(({ ready }) => ready) };
  }
  const first = containers.find(({ kind }) => kind === 'init' || kind === 'sidecar');
  const start = (first ? [first] : regular).map((container) => startOf(container, record));
  return { ...nothing, sandbox: 'create', attempt, stopAll: attempt > 0, start };
}

function initFailed(pod: Pod, newest: ReadonlyMap<string, ContainerRecord>): boolean {
  if (pod.spec?.restartPolicy !== 'Never') return false;
  return (pod.spec.initContainers ?? []).some((container) => {
    const own = newest.get(container.name);
    return container.restartPolicy !== 'Always' && own?.state === 'exited' && own.exitCode !== 0;
  });
}

function startOf(container: PodContainer, record: PodRecord): ContainerStart {
  const lives = record.containers.filter(({ name }) => name === container.spec.name);
  const endedAt = lives.find(({ state }) => state === 'exited')?.finishedAt;
  const attempt = lives[0] ? lives[0].attempt + 1 : 0;
  return endedAt === undefined ? { container, attempt } : { container, attempt, endedAt };
}

function needsStart(pod: Pod, container: PodContainer, record: ContainerRecord | undefined): boolean {
  if (!record || record.state === 'created' || record.state === 'unknown') return true;
  if (record.state === 'running') return false;
  if (container.kind === 'sidecar') return true;
  const policy = pod.spec?.restartPolicy ?? 'Always';
  return policy === 'Always' || (policy === 'OnFailure' && record.exitCode !== 0);
}

function planContainer(
  pod: Pod,
  container: PodContainer,
  seen: { own: ContainerRecord | undefined; record: PodRecord; probes: ProbeVerdicts },
): { kill?: ContainerKill; start?: ContainerStart } {
  const { own, record, probes } = seen;
  const { name } = container.spec;
  if (own?.state !== 'running') return needsStart(pod, container, own) ? { start: startOf(container, record) } : {};
  const mayRestart = container.kind === 'sidecar' || pod.spec?.restartPolicy !== 'Never';
  if (own.hash !== containerHash(container.spec)) {
    const message = `Container ${name} definition changed, will be restarted`;
    return { kill: { record: own, container, message }, start: startOf(container, record) };
  }
  const failed = probes.failed(own.id);
  if (!failed) return {};
  const message = `Container ${name} failed ${failed} probe${mayRestart ? ', will be restarted' : ''}`;
  const kill = { record: own, container, message };
  return mayRestart ? { kill, start: startOf(container, record) } : { kill };
}
