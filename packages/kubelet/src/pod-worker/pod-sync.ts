import { mkdir } from 'node:fs/promises';
import type { Pod } from '@typernetes/api/core/v1';
import { messageOf } from '@typernetes/base';
import type { PodSandboxConfig } from '@typernetes/cri';
import { formatDuration } from '@typernetes/process';
import { usesClaims } from '../dra/dra-manager.ts';
import type { PresentImage } from '../images/image-puller.ts';
import { StartError } from '../lifecycle/start-error.ts';
import { undisturbed } from '../lifecycle/undisturbed.ts';
import { graceOf, graceOfKill } from '../pod/grace.ts';
import { isStatic, podText } from '../pod/identity.ts';
import { containerHash } from '../pod/labels.ts';
import { dnsConfigOf, dnsWithinLimits, missingClusterDns } from '../runtime/dns.ts';
import { usableSandbox } from '../runtime/pod-history.ts';
import { newestByName, type PodRecord } from '../runtime/pod-record.ts';
import { sandboxConfig } from '../runtime/sandbox-config.ts';
import type { Waiting } from '../status/container-status.ts';
import type { ImageVolumes } from '../volumes/image-volumes.ts';
import type { VolumePaths } from '../volumes/volumes.ts';
import type { PodWorkerDeps } from './deps.ts';
import { type PodPlan, planPod } from './plan.ts';
import { PodTeardown } from './pod-teardown.ts';
import { Resizes } from './resizes.ts';
import { startContainer } from './start-container.ts';
import type { ContainerStart } from './steps.ts';
import { stopContainer } from './stop-container.ts';

interface SyncResult {
  /** Something was started or stopped. */
  readonly changed: boolean;
  /** After how many milliseconds to sync again at the latest. */
  readonly againMs: number;
}

/** The pause before a failed resize is tried again, in milliseconds. */
const resizeRetryMs = 10_000;

interface Sandbox {
  readonly id: string;
  readonly config: PodSandboxConfig;
  readonly handler: string;
  readonly ips: readonly string[];
}

/** Brings a pod that is to run closer to what its spec asks for. */
export class PodSync {
  readonly #deps: PodWorkerDeps;
  readonly resizes: Resizes;
  /** Why containers are waiting, by name. */
  readonly #waiting = new Map<string, Waiting>();
  /** Images that were pulled for containers that could not be created yet (a volume was missing, say), by the containers' names. */
  readonly #pulled = new Map<string, PresentImage>();

  constructor(deps: PodWorkerDeps) {
    this.#deps = deps;
    this.resizes = new Resizes(deps);
  }

  get waiting(): ReadonlyMap<string, Waiting> {
    return this.#waiting;
  }

  async run(pod: Pod, record: PodRecord, signal: AbortSignal): Promise<SyncResult> {
    const { resizes } = this;
    const plan = planPod(pod, record, this.#deps.prober, (container, own) =>
      resizes.needsRestart(pod, { container, own }),
    );
    this.#forgetReasons(plan);
    const ended = await this.#stop(pod, record, plan, signal);
    const stopped = (plan.sandbox === 'keep' && !plan.stopAll && (await resizes.apply(pod, record, signal))) || ended;
    const due = plan.start.filter((start) => !this.#isBackingOff(pod, start));
    const againMs = Math.min(
      resizes.failure === undefined ? Number.POSITIVE_INFINITY : resizeRetryMs,
      ...plan.start.map((start) => this.#restartIn(pod, start) || Number.POSITIVE_INFINITY),
    );
    if (plan.sandbox === 'keep' && due.length === 0) {
      await this.#refreshVolumes(pod, record);
      return { changed: stopped, againMs };
    }
    if (plan.sandbox === 'none') return { changed: stopped, againMs };
    const turns = plan.sandbox === 'create' && isStatic(pod) ? this.#deps.turns : undefined;
    const start = (): Promise<SyncResult> => this.#begin(pod, record, { plan, due, signal });
    const begun = await (turns ? turns.take(start) : start());
    return { changed: true, againMs: Math.min(againMs, begun.againMs) };
  }

  /** Drops the reasons of containers that need no start: one whose reply was lost may have succeeded. */
  #forgetReasons({ start }: PodPlan): void {
    const names = new Set(start.map(({ container }) => container.spec.name));
    for (const name of this.#waiting.keys()) if (!names.has(name)) this.#waiting.delete(name);
  }

  async #begin(
    pod: Pod,
    record: PodRecord,
    { plan, due, signal }: { plan: PodPlan; due: readonly ContainerStart[]; signal: AbortSignal },
  ): Promise<SyncResult> {
    let againMs = Number.POSITIVE_INFINITY;
    // Images, volumes and the sandbox are prepared concurrently: only starting a container needs all of them.
    const made =
      plan.sandbox === 'create' ? this.#createSandbox(pod, plan, signal) : this.#existingSandbox(pod, record);
    // The event about a present image waits for the sandbox: while that cannot be made, this is repeated.
    const pulling = { recordAfter: made, signal };
    const images = new Map(due.map((start) => [start, this.#image(pod, start, pulling)] as const));
    // They are awaited below; if something else fails first, their failures do not matter.
    for (const image of images.values()) image.catch(() => {});
    const [sandbox, volumes, imageVolumes] = await allSettled(
      made,
      this.#deps.volumes.prepare(pod, { ...this.#deps.node.facts(), podIps: usableSandbox(record)?.ips ?? [] }),
      this.#deps.imageMounts.prepare(pod, mountedBy(due), pulling),
    );
    for (const start of due) {
      const image = await images.get(start);
      const failed =
        image === undefined ||
        !(await this.#start(pod, record, start, { sandbox, volumes, imageVolumes, image, signal }));
      if (failed) againMs = Math.min(againMs, this.#retryIn(pod, start));
      // An init container wakes the pod when it ends; after a sidecar the next container may start at once.
      else if (start.container.kind === 'sidecar') againMs = 0;
    }
    return { changed: true, againMs };
  }

  async #stop(pod: Pod, record: PodRecord, plan: PodPlan, signal: AbortSignal): Promise<boolean> {
    if (plan.stopAll) {
      if (plan.sandbox === 'create') {
        const message = 'Pod sandbox changed, it will be killed and re-created.';
        this.#deps.events.normal(pod, undefined, 'SandboxChanged', message);
      }
      await new PodTeardown(this.#deps).stop(pod, record, { graceSeconds: graceOf(pod), signal });
    }
    const podIp = usableSandbox(record)?.ips[0] ?? '';
    await Promise.all(
      plan.kill.map(({ record: own, container, message, reason }) =>
        stopContainer(
          { pod, container, record: own, podIp },
          { graceSeconds: graceOfKill(pod, container.spec, reason), message, signal },
          this.#deps,
        ),
      ),
    );
    return plan.stopAll || plan.kill.length > 0;
  }

  /** Creates the sandbox; rejects while pods cannot have a network. */
  async #createSandbox(pod: Pod, plan: PodPlan, signal: AbortSignal): Promise<Sandbox> {
    const { runtime, events, node, cgroups } = this.#deps;
    await this.#prepareClaims(pod, signal);
    const problem = pod.spec?.hostNetwork ? undefined : node.networkProblem();
    if (problem !== undefined) {
      const message = `network is not ready: container runtime network not ready: ${problem}`;
      events.warning(pod, undefined, 'NetworkNotReady', message);
      throw new Error(message);
    }
    try {
      const handler = (await this.#deps.runtimeHandler?.(pod)) ?? '';
      const config = await this.#sandboxConfig(pod, plan.attempt, handler);
      this.#warnOfDns(pod);
      await Promise.all([cgroups.create(pod), mkdir(config.logDirectory ?? '', { recursive: true })]);
      this.#deps.observer?.sandboxStarted();
      if (pod.spec.hostUsers === false) this.#deps.observer?.userNamespacePod('started');
      const run = (limit: AbortSignal): Promise<string> =>
        runtime.runPodSandbox(config, { signal: limit, runtimeHandler: handler });
      const id = await undisturbed(run, { signal, clock: this.#deps.clock });
      const { network } = await runtime.podSandboxStatus(id, { signal });
      return {
        id,
        config,
        handler,
        ips: network?.ip ? [network.ip, ...network.additionalIps.map(({ ip }) => ip)] : [],
      };
    } catch (error) {
      if (!signal.aborted) this.#deps.observer?.sandboxFailed();
      if (!signal.aborted && pod.spec.hostUsers === false) this.#deps.observer?.userNamespacePod('failed');
      if (!signal.aborted)
        events.warning(pod, undefined, 'FailedCreatePodSandBox', `Failed to create pod sandbox: ${messageOf(error)}`);
      throw error;
    }
  }

  /** Before there is a sandbox: drivers may have a say in its network. */
  async #prepareClaims(pod: Pod, signal: AbortSignal): Promise<void> {
    if (!usesClaims(pod)) return;
    try {
      if (!this.#deps.dra) throw new Error('prepare dynamic resources: there is no API server to read claims from');
      await this.#deps.dra.prepare(pod, signal);
    } catch (error) {
      if (!signal.aborted) {
        const message = `Failed to prepare dynamic resources: ${messageOf(error)}`;
        this.#deps.events.warning(pod, undefined, 'FailedPrepareDynamicResources', message);
      }
      throw error;
    }
  }

  #warnOfDns(pod: Pod): void {
    const dns = this.#deps.node.dns();
    const missing = missingClusterDns(pod, dns);
    const { name, namespace, uid } = pod.metadata;
    if (missing)
      this.#deps.events.warning(pod, undefined, 'MissingClusterDNS', `pod: "${name}_${namespace}(${uid})". ${missing}`);
    for (const problem of dnsWithinLimits(dnsConfigOf(pod, dns)).problems)
      this.#deps.events.warning(pod, undefined, 'DNSConfigForming', problem);
  }

  async #existingSandbox(pod: Pod, record: PodRecord): Promise<Sandbox> {
    const sandbox = usableSandbox(record);
    if (!sandbox) throw new Error(`pod "${podText(pod)}" has no sandbox`);
    const { id, attempt, handler, ips } = sandbox;
    return { id, config: await this.#sandboxConfig(pod, attempt, handler), handler, ips };
  }

  async #sandboxConfig(pod: Pod, attempt: number, handler: string): Promise<PodSandboxConfig> {
    const { node, cgroups, userNamespaces } = this.#deps;
    return sandboxConfig(pod, {
      attempt,
      logsDir: node.logsDir,
      dns: node.dns(),
      cgroupParent: cgroups.parentOf(pod),
      cfsPeriod: node.limits.cfsPeriod,
      // Rejects if there is none, so that a pod with a user namespace never runs as the machine's root.
      userNamespace: await userNamespaces.of(pod, handler),
    });
  }

  /** The container's image; undefined when it cannot be pulled now, with the reason noted. */
  async #image(
    pod: Pod,
    start: ContainerStart,
    { recordAfter, signal }: { recordAfter: Promise<unknown>; signal: AbortSignal },
  ): Promise<PresentImage | undefined> {
    const { name, image = '', imagePullPolicy } = start.container.spec;
    // One pull per start, however long the rest takes.
    const pulled = this.#pulled.get(name);
    if (pulled?.spec.userSpecifiedImage === image) return pulled;
    try {
      const present = await this.#deps.images.ensure(
        pod,
        { name: image, policy: imagePullPolicy, container: start.container, recordAfter },
        signal,
      );
      if (present.pulled) this.#pulled.set(name, present);
      return present;
    } catch (error) {
      if (signal.aborted) throw error;
      this.#note(pod, start, error);
      if (!(error instanceof StartError)) throw error;
      this.#deps.events.warning(pod, start.container, 'Failed', `Error: ${error.reason}`);
      return undefined;
    }
  }

  /** Starts a container. Returns whether it runs. */
  async #start(
    pod: Pod,
    record: PodRecord,
    start: ContainerStart,
    made: {
      sandbox: Sandbox;
      volumes: VolumePaths;
      imageVolumes: ImageVolumes;
      image: PresentImage;
      signal: AbortSignal;
    },
  ): Promise<boolean> {
    const { sandbox, volumes, imageVolumes, image, signal } = made;
    this.#pulled.delete(start.container.spec.name);
    const missing = missingImage(start, imageVolumes);
    if (missing) {
      this.#deps.events.warning(pod, start.container, 'Failed', `Error: ${missing.message}`);
      this.#note(pod, start, missing);
      return false;
    }
    const target = start.container.spec.targetContainerName;
    const targetId = target ? newestByName(record).get(target)?.id : undefined;
    if (start.endedAt !== undefined) this.#deps.restarts.next(this.#backOffKey(pod, start), start.endedAt);
    try {
      await startContainer(
        start,
        {
          pod,
          sandboxId: sandbox.id,
          sandboxConfig: sandbox.config,
          handler: sandbox.handler,
          ips: sandbox.ips,
          volumes,
          imageVolumes,
          image,
          ...(targetId ? { targetId } : {}),
          signal,
        },
        this.#deps,
      );
      this.#waiting.delete(start.container.spec.name);
      return true;
    } catch (error) {
      if (!(error instanceof StartError)) throw error;
      this.#note(pod, start, error);
      return false;
    }
  }

  #note(pod: Pod, { container }: ContainerStart, error: unknown): void {
    if (!(error instanceof StartError)) return;
    this.#waiting.set(container.spec.name, { reason: error.reason, message: error.message });
    this.#deps.log.warn('Cannot start container', {
      pod: pod.metadata.name,
      container: container.spec.name,
      reason: error.reason,
      error: error.message,
    });
  }

  /** Renews contents that come from the API, above all tokens, while the pod runs. */
  async #refreshVolumes(pod: Pod, record: PodRecord): Promise<void> {
    await this.#deps.volumes.prepare(pod, { ...this.#deps.node.facts(), podIps: usableSandbox(record)?.ips ?? [] });
  }

  #backOffKey(pod: Pod, { container }: ContainerStart): string {
    return `${pod.metadata.uid}_${container.spec.name}_${containerHash(container.spec)}`;
  }

  /** Milliseconds until the container may start again after its last end. */
  #restartIn(pod: Pod, start: ContainerStart): number {
    if (start.endedAt === undefined) return 0;
    return this.#deps.restarts.remaining(this.#backOffKey(pod, start), start.endedAt);
  }

  #retryIn(pod: Pod, start: ContainerStart): number {
    // The reason soon becomes ImagePullBackOff: the status should show it.
    if (this.#waiting.get(start.container.spec.name)?.reason === 'ErrImagePull') return 1000;
    const mounted = mountedBy([start]);
    const references = (pod.spec?.volumes ?? []).flatMap(({ name, image }) =>
      image && mounted.has(name) ? [image.reference ?? ''] : [],
    );
    const names = [start.container.spec.image ?? '', ...references];
    const pullMs = Math.max(...names.map((name) => this.#deps.images.nextPullIn(pod, name)));
    return pullMs > 0 ? pullMs : this.#restartIn(pod, start) || 10_000;
  }

  #isBackingOff(pod: Pod, start: ContainerStart): boolean {
    if (this.#restartIn(pod, start) === 0) return false;
    const { name } = start.container.spec;
    const delay = formatDuration(this.#deps.restarts.delayOf(this.#backOffKey(pod, start)));
    const message = `back-off ${delay} restarting failed container=${name} pod=${podText(pod)}`;
    if (this.#waiting.get(name)?.reason !== 'CrashLoopBackOff') {
      const text = `Back-off restarting failed container ${name} in pod ${podText(pod)}`;
      this.#deps.events.warning(pod, start.container, 'BackOff', text);
    }
    this.#waiting.set(name, { reason: 'CrashLoopBackOff', message });
    return true;
  }
}

/** Names of the volumes that the containers mount. */
function mountedBy(starts: readonly ContainerStart[]): ReadonlySet<string> {
  return new Set(starts.flatMap(({ container }) => (container.spec.volumeMounts ?? []).map(({ name }) => name)));
}

/** The error of an image volume that the container mounts and that could not be prepared. */
function missingImage(start: ContainerStart, volumes: ImageVolumes): StartError | undefined {
  return [...mountedBy([start])].map((name) => volumes.get(name)).find((volume) => volume instanceof StartError);
}

/** All results. Waits for all to settle even if one fails, so that nothing is left running. */
async function allSettled<A, B, C>(a: Promise<A>, b: Promise<B>, c: Promise<C>): Promise<[A, B, C]> {
  await Promise.allSettled([a, b, c]);
  return [await a, await b, await c];
}
