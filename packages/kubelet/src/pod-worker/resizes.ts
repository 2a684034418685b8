import type { Container, Pod, PodStatus, ResourceRequirements } from '@typernetes/api/core/v1';
import { messageOf } from '@typernetes/base';
import { changedResources, sameResources } from '../pod/allocation.ts';
import { containersOf, type PodContainer } from '../pod/containers.ts';
import { boundedByPod, containerResources, podResources } from '../pod/resources.ts';
import { linuxResources } from '../runtime/linux-resources.ts';
import { type ContainerRecord, newestByName, type PodRecord } from '../runtime/pod-record.ts';
import type { PodWorkerDeps } from './deps.ts';

/** The resources with which a pod's containers, and the pod as a whole, currently run, and their resizing in place. */
export class Resizes {
  readonly #deps: Pick<PodWorkerDeps, 'runtime' | 'cgroups' | 'node' | 'runtimeName' | 'log'>;
  readonly #running = new Map<string, ResourceRequirements>();
  /** Of the pod as a whole; undefined if it has none, or before the first round. */
  #whole: ResourceRequirements | undefined;
  #seen = false;
  #failure: string | undefined;

  constructor(deps: Pick<PodWorkerDeps, 'runtime' | 'cgroups' | 'node' | 'runtimeName' | 'log'>) {
    this.#deps = deps;
  }

  /** Why the last resize failed; undefined when it succeeded. */
  get failure(): string | undefined {
    return this.#failure;
  }

  /** Records new containers: they run with what the last status says or else with what they were just given. */
  see(pod: Pod, record: PodRecord, previous: PodStatus | undefined): void {
    const statuses = [...(previous?.initContainerStatuses ?? []), ...(previous?.containerStatuses ?? [])];
    if (!this.#seen) this.#whole = previous?.containerStatuses ? previous.resources : pod.spec?.resources;
    this.#seen = true;
    const live = liveContainers(pod, record);
    const ids = new Set(live.map(({ own }) => own.id));
    for (const id of this.#running.keys()) if (!ids.has(id)) this.#running.delete(id);
    for (const { container, own } of live) {
      if (this.#running.has(own.id)) continue;
      const status = statuses.find(({ containerID }) => containerID === `${this.#deps.runtimeName}://${own.id}`);
      this.#running.set(own.id, status?.resources ?? container.spec.resources ?? {});
    }
  }

  /** The resources with which the container runs. */
  of(own: Pick<ContainerRecord, 'id'>): ResourceRequirements | undefined {
    return this.#running.get(own.id);
  }

  /** The pod-level resources in use. */
  get whole(): ResourceRequirements | undefined {
    return this.#whole;
  }

  /**
   * Whether the container must be restarted to get its new resources, or the pod-level ones where it has no limit of
   * its own.
   */
  needsRestart(pod: Pod, { container: { spec }, own }: LiveContainer): boolean {
    const running = this.#running.get(own.id);
    if (!running) return false;
    const has = boundedByPod({ ...spec, resources: running }, this.#asWhole(pod));
    const changed = changedResources(has.resources, boundedByPod(spec, pod).resources);
    return (['cpu', 'memory'] as const).some((name) => changed[name] && restarts(spec, name));
  }

  /** Gives the running containers what the pod asks for now. A failure is noted, and tried again with the next call. */
  async apply(pod: Pod, record: PodRecord, signal: AbortSignal): Promise<boolean> {
    const wholeChanges = !sameResources(this.#whole, pod.spec?.resources);
    const running = this.#asRunning(pod, record);
    const changes = liveContainers(pod, record).filter((one) => {
      const { container, own } = one;
      const has = { ...container.spec, resources: this.#running.get(own.id) ?? {} };
      const bounded = (of: Container, by: Pod) => boundedByPod(of, by).resources;
      return !sameResources(bounded(has, running), bounded(container.spec, pod)) && !this.needsRestart(pod, one);
    });
    if (changes.length === 0 && !wholeChanges) return false;
    const { runtime, cgroups, node, log } = this.#deps;
    const before = podResources(running, node.limits.cfsPeriod);
    const after = podResources(pod, node.limits.cfsPeriod);
    try {
      // The whole must never be smaller than its parts: it grows before them, and shrinks after them.
      await cgroups.resize(pod, {
        ...after,
        ...greater('cpuQuota', before, after),
        ...greater('memoryLimit', before, after),
      });
      for (const { container, own } of changes) {
        const wanted = containerResources(boundedByPod(container.spec, pod), node.limits.cfsPeriod);
        await runtime.updateContainerResources(
          own.id,
          linuxResources(wanted, node.limits.unified?.(pod, container.spec)),
          {
            signal,
          },
        );
        this.#running.set(own.id, container.spec.resources ?? {});
      }
      await cgroups.resize(pod, after);
      this.#whole = pod.spec?.resources;
      this.#failure = undefined;
    } catch (error) {
      if (signal.aborted) throw error;
      this.#failure = messageOf(error);
      log.warn('Cannot resize pod', { pod: pod.metadata.name, error: this.#failure });
    }
    return true;
  }

  /** Whether some container does not run with what the pod asks for yet. */
  inProgress(pod: Pod, record: PodRecord): boolean {
    return (
      !sameResources(this.#whole, pod.spec?.resources) ||
      liveContainers(pod, record).some(
        ({ container, own }) => !sameResources(this.#running.get(own.id), container.spec.resources),
      )
    );
  }

  /** The pod with what it runs with as a whole. */
  #asWhole(pod: Pod): Pod & { readonly spec: NonNullable<Pod['spec']> } {
    const { resources: _asked, ...spec } = pod.spec ?? { containers: [] };
    return { ...pod, spec: { ...spec, ...(this.#whole ? { resources: this.#whole } : {}) } };
  }

  #asRunning(pod: Pod, record: PodRecord): Pod {
    const newest = newestByName(record);
    const running = (container: Container): Container => {
      const own = newest.get(container.name);
      const resources = own && this.#running.get(own.id);
      return resources ? { ...container, resources } : container;
    };
    const whole = this.#asWhole(pod);
    const { spec } = whole;
    return {
      ...whole,
      spec: {
        ...spec,
        containers: spec.containers.map(running),
        ...(spec.initContainers ? { initContainers: spec.initContainers.map(running) } : {}),
      },
    };
  }
}

interface LiveContainer {
  readonly container: PodContainer;
  readonly own: ContainerRecord;
}

type Limit = 'cpuQuota' | 'memoryLimit';

/** The greater of two limits; none is greater than any. */
function greater(name: Limit, a: { [K in Limit]?: number }, b: { [K in Limit]?: number }): { [K in Limit]?: number } {
  const [one, other] = [a[name], b[name]];
  return one === undefined || other === undefined ? {} : { [name]: Math.max(one, other) };
}

function restarts({ resizePolicy }: Container, resource: 'cpu' | 'memory'): boolean {
  return (
    resizePolicy?.some((rule) => rule.resourceName === resource && rule.restartPolicy === 'RestartContainer') ?? false
  );
}

function liveContainers(pod: Pod, record: PodRecord): readonly LiveContainer[] {
  const newest = newestByName(record);
  return containersOf(pod).flatMap((container) => {
    const own = newest.get(container.spec.name);
    return container.kind !== 'ephemeral' && own?.state === 'running' ? [{ container, own }] : [];
  });
}
