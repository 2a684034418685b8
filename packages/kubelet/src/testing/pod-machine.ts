import { join } from 'node:path';
import type { Pod, PodSpec, PodStatus } from '@typernetes/api/core/v1';
import { type Random, runAll, systemClock } from '@typernetes/base';
import { FakeClock, silentLogger } from '@typernetes/base/testing';
import { RecordedEvents } from '@typernetes/client/testing';
import type { ContainerRuntime } from '@typernetes/cri';
import { FakeRuntime } from '@typernetes/cri/testing';
import { LogLinks } from '../container-logs/log-links.ts';
import { ImagePuller } from '../images/image-puller.ts';
import { BackOff } from '../lifecycle/back-off.ts';
import type { ResizePending } from '../pod/allocation.ts';
import type { PodWorkerDeps } from '../pod-worker/deps.ts';
import { PodWorkers } from '../pod-worker/pod-workers.ts';
import { Prober } from '../probes/prober.ts';
import { CdiDevices } from '../runtime/cdi-devices.ts';
import { Cgroups } from '../runtime/cgroups.ts';
import { RuntimeWatch } from '../runtime/runtime-watch.ts';
import { UserNamespaces } from '../runtime/user-namespaces.ts';
import { containerEvents } from '../status/container-events.ts';
import type { StatusSink } from '../status/status-sink.ts';
import { ImageMounts } from '../volumes/image-volumes.ts';
import type { Mounter } from '../volumes/mount.ts';
import { Volumes } from '../volumes/volumes.ts';

/** How long files may take on a busy machine. */
const patienceMs = 20_000;

const random: Random = { next: () => 0.5 };

/**
 * A machine whose container runtime and clock are fakes: the pod workers are real, and so are their files, in a folder.
 */
export class PodMachine {
  readonly clock = new FakeClock();
  readonly runtime: FakeRuntime;
  readonly events = new RecordedEvents();
  readonly statuses = new RememberedStatuses();
  readonly workers: PodWorkers;
  readonly folder: string;
  /** Why pods cannot have more than they have. */
  shortage: ResizePending | undefined;
  /** Which pods a new pod preempts. */
  preempts: (pod: Pod) => readonly Pod[] = () => [];
  readonly #stop = new AbortController();
  readonly #running: Promise<void>;

  /**
   * A machine in `folder` with the containers of `runtime`: another machine's, to simulate a restart of the kubelet.
   */
  constructor(
    folder: string,
    options: {
      images?: readonly string[];
      before?: PodMachine;
      deps?: Partial<PodWorkerDeps>;
      /** Wraps the runtime. */
      through?: (runtime: FakeRuntime) => ContainerRuntime;
    } = {},
  ) {
    this.folder = folder;
    const { clock, events: recorder } = this;
    this.runtime = options.before?.runtime ?? new FakeRuntime({ clock, images: options.images ?? ['app:1', 'app:2'] });
    const runtime = options.through?.(this.runtime) ?? this.runtime;
    const events = containerEvents(recorder);
    const podsDir = join(folder, 'pods');
    const nothing = () => Promise.reject(new Error('there is no API server'));
    const prober = new Prober({
      runtime,
      clock,
      random,
      events,
      log: silentLogger,
      onChange: (uid) => this.workers.probed(uid),
    });
    const images = new ImagePuller({ runtime, clock, events, credentials: async () => [] });
    const mounter: Mounter = {
      tmpfs: async () => {},
      hugepages: async () => {},
      bind: async () => {},
      mount: async () => {},
      device: async () => {},
      unmountBelow: async () => {},
    };
    const imageMounts = new ImageMounts({ runtime, images, mounter, podsDir });
    const deps: PodWorkerDeps = {
      runtime,
      runtimeName: 'fake',
      cdi: new CdiDevices(runtime),
      clock,
      log: silentLogger,
      events,
      images,
      imageMounts,
      userNamespaces: new UserNamespaces({
        podsDir,
        handlers: () => this.runtime.handlers,
        ids: async () => ({ first: 65_536, length: 65_536 * 2 }),
        idsPerPod: 65_536,
        maxPods: 2,
      }),
      handlers: () => this.runtime.handlers,
      volumes: new Volumes({
        podsDir,
        clock,
        log: silentLogger,
        events,
        sources: {
          configMap: nothing,
          secret: nothing,
          claim: nothing,
          persistentVolume: nothing,
          trustBundle: nothing,
          trustBundles: nothing,
          certificate: nothing,
          token: nothing,
        },
        images: imageMounts,
        mounter,
      }),
      cgroups: new Cgroups({ version: 1, roots: [] }, { root: '/', driver: 'cgroupfs', cfsPeriod: 100_000 }),
      logLinks: new LogLinks(join(folder, 'log-links')),
      prober,
      shortage: () => this.shortage,
      admit: (pod) => ({ preempts: this.preempts(pod) }),
      statuses: this.statuses,
      restarts: new BackOff(clock),
      environment: { configMap: nothing, secret: nothing, services: () => [] },
      node: {
        podsDir,
        logsDir: join(folder, 'logs'),
        seccompDir: '',
        seccompDefault: false,
        limits: { cfsPeriod: 100_000 },
        memoryCapacity: 1,
        dns: () => ({ servers: ['10.96.0.10'], domain: '', node: { servers: [], searches: [], options: [] } }),
        facts: () => ({
          nodeName: 'node',
          hostIps: ['10.1.1.1'],
          allocatable: { cpu: '1', memory: '1', 'ephemeral-storage': '1' },
        }),
        networkProblem: () => undefined,
      },
      ...options.deps,
    };
    this.workers = new PodWorkers(deps);
    const watch = new RuntimeWatch({
      runtime,
      clock,
      log: silentLogger,
      onChange: (uid) => this.workers.probed(uid),
      onGap: () => this.workers.wakeAll(),
    });
    this.#running = runAll([this.workers, watch, prober], this.#stop.signal);
  }

  /** Waits for real things, files above all, without moving the machine's time. */
  async until(condition: () => boolean, what = condition.toString()): Promise<void> {
    const deadline = systemClock.monotonic() + patienceMs;
    while (!condition()) {
      if (systemClock.monotonic() > deadline) {
        const seen = [...this.runtime.calls, ...this.events.seen, ...this.statuses.history];
        throw new Error(`it never came to this: ${what}\n${seen.join('\n')}`);
      }
      await systemClock.sleep(1);
    }
  }

  /** Moves time forward in steps until the condition holds; at most ten minutes. */
  async later(condition: () => boolean, stepMs = 1000): Promise<void> {
    for (let spent = 0; spent < 600_000 && !condition(); spent += stepMs) {
      for (let look = 0; look < 5 && !condition(); look++) await systemClock.sleep(1);
      if (!condition()) await this.clock.advance(stepMs);
    }
    await this.until(condition);
  }

  /** The kubelet stops; containers keep running. */
  async stop(): Promise<void> {
    this.#stop.abort();
    await this.#running;
  }
}

/** The reported statuses, and which pods have finished. */
export class RememberedStatuses implements StatusSink {
  readonly finished: string[] = [];
  readonly #statuses = new Map<string, PodStatus>();
  /** `name: reason or state` of the first container, each time it changed. */
  readonly history: string[] = [];

  report(pod: Pod, status: PodStatus): void {
    this.#statuses.set(pod.metadata.uid, status);
    const state = status.containerStatuses?.[0]?.state;
    const text = `${pod.metadata.name}: ${state?.waiting?.reason ?? Object.keys(state ?? {})[0]}`;
    if (this.history.at(-1) !== text) this.history.push(text);
  }

  last(pod: Pod): PodStatus | undefined {
    return this.#statuses.get(pod.metadata.uid);
  }

  finish(pod: Pod): void {
    this.finished.push(pod.metadata.uid);
  }

  forget(pod: Pod): void {
    this.#statuses.delete(pod.metadata.uid);
    this.finished.push(pod.metadata.uid);
  }
}

export function podOf(name: string, spec: Partial<PodSpec> = {}, uid = `uid-${name}`): Pod {
  const metadata = { name, namespace: 'default', uid, resourceVersion: '1', creationTimestamp: '' };
  return { apiVersion: 'v1', kind: 'Pod', metadata, spec: { containers: [{ name: 'web', image: 'app:1' }], ...spec } };
}

/** The pod as it is once somebody has deleted it. */
export function deleted(pod: Pod, graceSeconds = 30): Pod {
  const deletion = { deletionTimestamp: '2026-01-01T00:00:00Z', deletionGracePeriodSeconds: graceSeconds };
  return { ...pod, metadata: { ...pod.metadata, ...deletion } };
}
