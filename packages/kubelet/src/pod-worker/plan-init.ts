import type { Pod } from '@typernetes/api/core/v1';
import { containersOf, type PodContainer } from '../pod/containers.ts';
import { containerHash } from '../pod/labels.ts';
import { restartsAfter } from '../pod/restart-policy.ts';
import { type ContainerKill, type ContainerStart, type PlanView, startOf, unknownState } from './steps.ts';

interface InitPlan {
  /** The other containers may run. */
  readonly initialized: boolean;
  /** An init container has failed for good, and the pod with it. */
  readonly failed: boolean;
  readonly kill: readonly ContainerKill[];
  /** In the spec's order. */
  readonly start: readonly ContainerStart[];
}

const failure: InitPlan = { initialized: false, failed: true, kill: [], start: [] };

/**
 * The plan for the init containers, including sidecars. Goes from last to first: the last one that was ever started
 * tells how far initialization has come, even if nothing is left of those before it (upstream:
 * computeInitContainerActions).
 */
export function planInit(pod: Pod, view: PlanView, wasInitialized: boolean): InitPlan {
  const containers = containersOf(pod).filter(({ kind }) => kind === 'init' || kind === 'sidecar');
  const kill: ContainerKill[] = [];
  const start: ContainerStart[] = [];
  let initialized = wasInitialized || containers.length === 0;
  /** A later container has started, so this one has completed. */
  let passed = wasInitialized;
  for (const [index, container] of [...containers.entries()].reverse()) {
    const own = view.own(container);
    const sidecar = container.kind === 'sidecar';
    if (!own) {
      if (passed && sidecar) start.unshift(startOf(container, view));
      continue;
    }
    if (passed && !sidecar) continue;
    const through = (): void => {
      const next = containers[index + 1];
      if (!next) initialized = true;
      else if (!passed) start.unshift(startOf(next, view));
    };
    if (own.state === 'running') {
      if (sidecar && view.probes.failed(own.id) === 'startup') {
        kill.push({ record: own, container, message: `${named(container)} failed startup probe`, reason: 'startup' });
        start.unshift(startOf(container, view));
      } else if (sidecar && view.probes.started(own.id)) {
        through();
        if (own.hash !== containerHash(container.spec)) {
          kill.push({ record: own, container, message: `${named(container)} definition changed` });
          start.unshift(startOf(container, view));
        } else if (view.probes.failed(own.id) === 'liveness') {
          const message = `${named(container)} failed liveness probe`;
          kill.push({ record: own, container, message, reason: 'liveness' });
          start.unshift(startOf(container, view));
        } else if (view.needsRestart(container, own)) {
          kill.push({ record: own, container, message: `${named(container)} resize requires restart` });
          start.unshift(startOf(container, view));
        }
      }
    } else if (own.state === 'exited' && !sidecar && own.exitCode === 0) {
      through();
    } else {
      if (!sidecar && own.state !== 'created' && !restartsAfter(container.spec, pod.spec, own.exitCode)) return failure;
      if (own.state === 'unknown') kill.push({ record: own, container, message: unknownState('Init container') });
      start.unshift(startOf(container, view));
    }
    passed = true;
  }
  const first = containers[0];
  if (!passed && first) start.push(startOf(first, view));
  return { initialized, failed: false, kill, start };
}

const named = ({ spec }: PodContainer): string => `Init container ${spec.name}`;
