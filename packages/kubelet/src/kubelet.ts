import { isGateOn } from '@typernetes/api/gate-settings';
import { type Runnable, runAll } from '@typernetes/base';
import type { EventRecorder } from '@typernetes/client';
import type { RuntimeStatus } from '@typernetes/cri';
import { keyOf } from '@typernetes/machinery';
import type { KubeletOptions } from './assembly/kubelet-options.ts';
import { LocalPods } from './assembly/local-pods.ts';
import { NodeChange } from './assembly/node-change.ts';
import { openNodeResources } from './assembly/node-resources.ts';
import { podsShare } from './assembly/node-view.ts';
import { podFeed } from './assembly/pod-feed.ts';
import { openStorage, type Storage } from './assembly/storage.ts';
import { createUpkeep, type Upkeep } from './assembly/upkeep.ts';
import { workerDeps } from './assembly/worker-deps.ts';
import { containerLogsDir, LogLinks } from './container-logs/log-links.ts';
import type { CsiDrivers } from './csi/csi-drivers.ts';
import type { Dra } from './dra/open-dra.ts';
import { kubeletMetrics, type PodObserver } from './metrics/kubelet-metrics.ts';
import { ApiObjects } from './node/api-objects.ts';
import { PluginRegistry } from './plugins/plugin-registry.ts';
import { fullNameOf, isStatic } from './pod/identity.ts';
import { MirrorPods } from './pod-sources/mirror-pods.ts';
import type { PodWorkerDeps } from './pod-worker/deps.ts';
import { PodWorkers } from './pod-worker/pod-workers.ts';
import { Prober } from './probes/prober.ts';
import type { ResourceManagers } from './resource-managers/resource-managers.ts';
import type { SystemGroups } from './resources/system-containers.ts';
import type { Cgroups } from './runtime/cgroups.ts';
import { openCgroups } from './runtime/open-cgroups.ts';
import { QosShares } from './runtime/qos-shares.ts';
import { enforceReserved } from './runtime/reserved-limits.ts';
import { RuntimeState } from './runtime/runtime-state.ts';
import { RuntimeWatch } from './runtime/runtime-watch.ts';
import { timeCgroups } from './runtime/timed-cgroups.ts';
import { NodeShutdown } from './shutdown/node-shutdown.ts';
import { shutdownPeriods } from './shutdown/plan.ts';
import { type ContainerEvents, containerEvents } from './status/container-events.ts';
import { StatusWriter } from './status/status-writer.ts';
import type { Volumes } from './volumes/volumes.ts';

/** The part of the kubelet that runs pods. Its parts are used by the kubelet's server and by the node's status. */
export interface Kubelet extends Runnable {
  readonly workers: PodWorkers;
  readonly state: RuntimeState;
  readonly statuses: StatusWriter;
  readonly mirrors: MirrorPods | undefined;
  readonly volumes: Volumes;
  readonly upkeep: Upkeep;
  readonly resources: ResourceManagers;
  readonly shutdown: NodeShutdown;
  readonly probes: Pick<Prober, 'samples'>;
  readonly groupUsage: Cgroups['usageOf'];
  readonly swapUsage: Cgroups['swapOf'];
  /** Control groups other than those of containers, by upstream's names. */
  readonly systemGroups: SystemGroups;
  /** `listener` is called when conditions of the node change: its runtime's state, or pressure. */
  onNodeChange(listener: () => void): void;
}

/**
 * Makes all parts and connects them. Parts refer to each other by functions, since many are made before the parts they
 * need; nothing is called before `run`.
 */
export async function createKubelet(options: KubeletOptions): Promise<Kubelet> {
  const { config, runtime } = options;
  const [{ runtimeName }, status] = await Promise.all([runtime.version(), runtime.status()]);
  const events = containerEvents(options.recorder);
  const podsDir = `${options.rootDir}/pods`;
  const change = new NodeChange();
  const pods = new LocalPods(() => ({ workers, statuses }));
  const late: LateParts = { workers: () => workers, volumes: () => volumes };
  const objects = apiObjects(options);
  const { cgroups, limits, version } = await openCgroups(options);
  const observer = podObserver(options, { ...late, pods, cgroups, version });
  const observed = observer ? { observer } : {};
  const storage = openStorage(options, { podsDir, objects, events, ...observed });
  const { volumes } = storage;
  const node = { apiVersion: 'v1', kind: 'Node', metadata: { name: options.nodeName, uid: options.nodeName } };
  await enforceReserved(config, { cgroups, recorder: options.recorder, node });
  const { state, prober } = runtimeParts(options, { ...late, status, events, change });
  const { mirrors, statuses } = statusParts(options, objects, observer);
  const { upkeep, shutdown } = upkeepParts(options, {
    ...late,
    ...observed,
    podsDir,
    events,
    pods,
    change,
    cgroups,
    statuses,
    storage,
  });
  const { dra, resources } = await openNodeResources(options, { ...late, pods, change });
  const logLinks = new LogLinks(containerLogsDir);
  const common = { ...storage, ...observed, events, cgroups, logLinks, podsDir, prober, statuses };
  const own = { runtimeName, limits, objects, state, pods, upkeep, shutdown, dra, resources };
  const deps = await workerDeps(options, { ...common, ...own, workers: late.workers });
  const { workers, parts } = workerParts(options, deps, node);
  parts.push(statuses, state, prober, resources, ...upkeep.parts, ...(mirrors ? [mirrors] : []));
  if (storage.csi && dra) parts.push(dra, pluginRegistry(options, storage.csi.drivers, dra));
  const orphans = { ...deps, logLinks, podsDir, logsDir: config.podLogsDir };
  parts.push(podFeed(options, { workers, statuses, mirrors, pods, orphans }));
  return {
    name: 'kubelet',
    workers,
    state,
    statuses,
    mirrors,
    volumes,
    upkeep,
    resources,
    shutdown,
    probes: prober,
    groupUsage: (pod, id) => cgroups.usageOf(pod, id),
    swapUsage: (pod, id) => cgroups.swapOf(pod, id),
    systemGroups: { kubelet: () => cgroups.ownTotal(), pods: () => cgroups.podsTotal() },
    onNodeChange: (listener) => change.listen(listener),
    run: (signal) => runAll(parts, signal),
  };
}

/** Parts that others refer to before they are made. */
interface LateParts {
  readonly workers: () => PodWorkers;
  readonly volumes: () => Volumes;
}

function apiObjects({ api, clock, config }: KubeletOptions): ApiObjects {
  return new ApiObjects(api?.client, clock, {
    trustBundles: isGateOn('ClusterTrustBundleProjection', config.featureGates),
    ...(api && isGateOn('PodCertificateRequest', config.featureGates) ? { certificatesOn: api.node } : {}),
  });
}

function podObserver(
  { clock, imageCredentials, metrics, nodeName }: KubeletOptions,
  of: LateParts & { readonly pods: LocalPods; readonly cgroups: Cgroups; readonly version: 1 | 2 },
): PodObserver | undefined {
  if (!metrics) return undefined;
  const observer = kubeletMetrics(metrics, {
    nodeName,
    pods: () => of.pods.withStatuses,
    volumes: () => of.volumes().counts,
    credentialProviders: imageCredentials?.hash,
    cgroupVersion: of.version,
    orphans: () => of.workers().orphans.length,
  });
  timeCgroups(of.cgroups, observer, clock);
  return observer;
}

/** The state of the runtime, and the probes that run in its containers. */
function runtimeParts(
  { cniDir, clock, log, random, runtime }: KubeletOptions,
  {
    workers,
    status,
    events,
    change,
  }: LateParts & {
    readonly status: RuntimeStatus;
    readonly events: ContainerEvents;
    readonly change: NodeChange;
  },
): { readonly state: RuntimeState; readonly prober: Prober } {
  const onChange = (): void => {
    workers().wakeAll();
    change.announce();
  };
  return {
    state: new RuntimeState({ runtime, clock, log, cniDir, status, onChange }),
    prober: new Prober({ runtime, clock, random, events, log, onChange: (uid) => workers().probed(uid) }),
  };
}

/** What keeps the machine in order while it runs, and ends its pods when it shuts down. */
function upkeepParts(
  options: KubeletOptions,
  parts: LateParts & {
    readonly podsDir: string;
    readonly events: ContainerEvents;
    readonly pods: LocalPods;
    readonly change: NodeChange;
    readonly cgroups: Cgroups;
    readonly statuses: StatusWriter;
    readonly storage: Storage;
    readonly observer?: PodObserver;
  },
): { readonly upkeep: Upkeep; readonly shutdown: NodeShutdown } {
  const { clock, config, log } = options;
  const { cgroups, change, pods, storage, workers } = parts;
  const upkeep = createUpkeep({
    ...options,
    ...parts,
    processes: (pod) => cgroups.processesOf(pod),
    onImages: (ids, at) => storage.pulled.retain(ids, at),
    onConditions: change.announce,
  });
  const shutdown = new NodeShutdown({
    periods: shutdownPeriods(config),
    pods: () => pods.active,
    fail: (pod, verdict) => workers().fail(pod.metadata.uid, verdict),
    isGone: (pod) => !workers().holds(pod.metadata.uid),
    onShutdown: change.announce,
    ...(parts.observer ? { observer: parts.observer } : {}),
    clock,
    log,
  });
  return { upkeep, shutdown };
}

/** Where the statuses of pods go: to the API, those of static pods to their mirrors. */
function statusParts(
  { api, clock, log }: KubeletOptions,
  { podsType }: ApiObjects,
  observer: PodObserver | undefined,
): { readonly mirrors: MirrorPods | undefined; readonly statuses: StatusWriter } {
  const mirrors = api ? new MirrorPods({ pods: api.client.resource(podsType), node: api.node, clock, log }) : undefined;
  const statuses = new StatusWriter({
    pods: api?.client.resource(podsType),
    ...(observer ? { observer } : {}),
    shown: (pod) => (isStatic(pod) ? mirrors?.get(fullNameOf(pod)) : api?.pods.lister.get(keyOf(pod))),
    clock,
    log,
  });
  return { mirrors, statuses };
}

/** The pod workers, and what follows them: the shares of the QoS classes, and the runtime's events. */
function workerParts(
  options: KubeletOptions,
  deps: PodWorkerDeps,
  node: Parameters<EventRecorder['event']>[0],
): { readonly workers: PodWorkers; readonly parts: Runnable[] } {
  const { clock, log, recorder, runtime } = options;
  const workers = new PodWorkers(deps, () => shares.wake());
  const shares = new QosShares({
    cgroups: deps.cgroups,
    clock,
    log,
    recorder,
    node,
    pods: () => workers.pods,
    allocatable: podsShare(options),
  });
  const watch = new RuntimeWatch({
    runtime,
    clock,
    log,
    onChange: (uid) => workers.wake(uid),
    onGap: () => workers.wakeAll(),
  });
  return { workers, parts: [workers, shares, watch] };
}

function pluginRegistry({ rootDir, clock, log }: KubeletOptions, drivers: CsiDrivers, dra: Dra): PluginRegistry {
  const handlers = { CSIPlugin: drivers, DRAPlugin: dra.plugins };
  return new PluginRegistry({ directory: `${rootDir}/plugins_registry`, handlers, clock, log });
}
