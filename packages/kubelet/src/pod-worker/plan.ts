import type { Pod } from '@typernetes/api/core/v1';
import { containersOf, type PodContainer } from '../pod/containers.ts';
import { containerHash } from '../pod/labels.ts';
import { mayRestart, restartsAfter } from '../pod/restart-policy.ts';
import type { ProbeVerdicts } from '../probes/probe-verdicts.ts';
import { endsForAll, usableSandbox } from '../runtime/pod-history.ts';
import { type ContainerRecord, newestByName, type PodRecord } from '../runtime/pod-record.ts';
import { planInit } from './plan-init.ts';
import { type ContainerKill, type ContainerStart, needsStart, type PlanView, startOf, unknownState } from './steps.ts';

/** What to do with a pod that should run. */
export interface PodPlan {
  /** `none`: there is no usable sandbox, and none is needed. */
  readonly sandbox: 'keep' | 'create' | 'none';
  /** The attempt number of the sandbox to create. */
  readonly attempt: number;
  /** Stop everything that still runs, including sandboxes; with `create`, before that. */
  readonly stopAll: boolean;
  readonly kill: readonly ContainerKill[];
  /** Started one after the other, in this order. */
  readonly start: readonly ContainerStart[];
}

const nothing = { attempt: 0, stopAll: false, kill: [], start: [] } as const;

/** Decides from the pod's spec and what the runtime has (upstream: computePodActions). */
export function planPod(
  pod: Pod,
  record: PodRecord,
  probes: ProbeVerdicts,
  needsRestart: (container: PodContainer, own: ContainerRecord) => boolean = () => false,
): PodPlan {
  const sandbox = usableSandbox(record);
  const newest = newestByName(record);
  if (!sandbox) return planSandbox(pod, record, newest);

  const containers = containersOf(pod);
  const regular = containers.filter(({ kind }) => kind === 'regular');
  const restartedAt = Math.max(...endsForAll(containers, record.containers));
  const current = (own: ContainerRecord | undefined): ContainerRecord | undefined =>
    own && own.createdAt >= restartedAt ? own : undefined;
  const view: PlanView = {
    record,
    probes,
    needsRestart,
    own: ({ spec }) => {
      const own = current(newest.get(spec.name));
      return own?.sandboxId === sandbox.id ? own : undefined;
    },
  };
  const kill = restartedAt === Number.NEGATIVE_INFINITY ? [] : killsBefore(containers, newest, restartedAt);
  const start = containers
    .filter(({ kind, spec }) => kind === 'ephemeral' && !newest.has(spec.name))
    .map((container) => startOf(container, view));
  const init = planInit(
    pod,
    view,
    regular.some((container) => view.own(container)),
  );
  if (init.failed) return { ...nothing, sandbox: 'keep', stopAll: true };
  const plan = { ...nothing, sandbox: 'keep', kill: [...kill, ...init.kill] } as const;
  if (!init.initialized) return { ...plan, start: [...start, ...init.start] };

  const own = planRegular(pod, regular, {
    ...view,
    last: (container) => current(newest.get(container.spec.name)),
  });
  if (own.kept === 0 && own.start.length === 0) return { ...nothing, sandbox: 'keep', stopAll: true };
  return { ...plan, kill: [...plan.kill, ...own.kill], start: [...start, ...init.start, ...own.start] };
}

/** The plan without a usable sandbox: whether a new one is needed, and which containers start first in it. */
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
  const start = (first ? [first] : regular).map((container) => startOf(container, { record }));
  return { ...nothing, sandbox: 'create', attempt, stopAll: attempt > 0, start };
}

function initFailed(pod: Pod, newest: ReadonlyMap<string, ContainerRecord>): boolean {
  return (pod.spec?.initContainers ?? []).some((container) => {
    const own = newest.get(container.name);
    return own?.state === 'exited' && own.exitCode !== 0 && !restartsAfter(container, pod.spec, own.exitCode);
  });
}

function killsBefore(
  containers: readonly PodContainer[],
  newest: ReadonlyMap<string, ContainerRecord>,
  restartedAt: number,
): readonly ContainerKill[] {
  return containers.flatMap((container): ContainerKill[] => {
    const own = newest.get(container.spec.name);
    if (container.kind === 'ephemeral' || own?.state !== 'running' || own.createdAt >= restartedAt) return [];
    const message = `Stopping container ${container.spec.name}`;
    return [{ record: own, container, message, reason: 'restart-all' }];
  });
}

/** The plan for the regular containers, once the pod is initialized. `last` includes runs in sandboxes that are gone. */
function planRegular(
  pod: Pod,
  containers: readonly PodContainer[],
  view: PlanView & {
    last(container: PodContainer): ContainerRecord | undefined;
  },
): { kill: readonly ContainerKill[]; start: readonly ContainerStart[]; kept: number } {
  const kill: ContainerKill[] = [];
  const start: ContainerStart[] = [];
  let kept = 0;
  for (const container of containers) {
    const { name } = container.spec;
    const own = view.own(container);
    if (own?.state !== 'running') {
      if (!needsStart(pod, container, own ?? view.last(container))) continue;
      if (own?.state === 'unknown') kill.push({ record: own, container, message: unknownState('Container') });
      start.push(startOf(container, view));
      continue;
    }
    const changed = own.hash !== containerHash(container.spec);
    const failed = changed ? undefined : view.probes.failed(own.id);
    if (!changed && !failed && view.needsRestart(container, own)) {
      kill.push({ record: own, container, message: `Container ${name} resize requires restart` });
      start.push(startOf(container, view));
      continue;
    }
    if (!changed && !failed) {
      kept++;
      continue;
    }
    const restart = changed || mayRestart(container.spec, pod.spec);
    const what = failed ? `Container ${name} failed ${failed} probe` : `Container ${name} definition changed`;
    const message = restart ? `${what}, will be restarted` : what;
    kill.push({ record: own, container, message, ...(failed ? { reason: failed } : {}) });
    if (restart) start.push(startOf(container, view));
  }
  return { kill, start, kept };
}
