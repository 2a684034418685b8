import type { Service } from '@typernetes/api/core/v1';
import type { Informer } from '@typernetes/client';
import { parseDuration } from '@typernetes/process';
import { createAdmission } from '../admission/admission.ts';
import { detectHostSecurity, type HostSecurity } from '../admission/host-security.ts';
import { resizeInTurn, waitsForResize, withoutWishes } from '../admission/resize-turns.ts';
import type { CompleteConfiguration } from '../config/defaults.ts';
import type { Dra } from '../dra/open-dra.ts';
import { BackOff } from '../lifecycle/back-off.ts';
import type { ApiObjects } from '../node/api-objects.ts';
import { allocatableOf, capacityOf } from '../node/resources.ts';
import type { PodWorkerDeps } from '../pod-worker/deps.ts';
import type { PodWorkers } from '../pod-worker/pod-workers.ts';
import { StartTurns } from '../pod-worker/start-turns.ts';
import type { ResourceManagers } from '../resource-managers/resource-managers.ts';
import { CdiDevices } from '../runtime/cdi-devices.ts';
import type { LimitRules } from '../runtime/limit-rules.ts';
import type { RuntimeState } from '../runtime/runtime-state.ts';
import { subordinateIds } from '../runtime/subordinate-ids.ts';
import { UserNamespaces } from '../runtime/user-namespaces.ts';
import type { NodeShutdown } from '../shutdown/node-shutdown.ts';
import type { KubeletApi, KubeletOptions } from './kubelet-options.ts';
import type { LocalPods } from './local-pods.ts';
import { nodeView } from './node-view.ts';
import type { Upkeep } from './upkeep.ts';

/** The parts of the kubelet that pod workers use directly, and those from which their other dependencies are made. */
interface WorkerParts
  extends Pick<
    PodWorkerDeps,
    | 'cgroups'
    | 'events'
    | 'imageMounts'
    | 'images'
    | 'logLinks'
    | 'observer'
    | 'prober'
    | 'runtimeName'
    | 'statuses'
    | 'volumes'
  > {
  readonly dra: Dra | undefined;
  readonly limits: LimitRules;
  readonly objects: ApiObjects;
  readonly pods: LocalPods;
  readonly podsDir: string;
  readonly resources: ResourceManagers;
  readonly shutdown: NodeShutdown;
  readonly state: RuntimeState;
  readonly upkeep: Upkeep;
  readonly workers: () => PodWorkers;
}

export async function workerDeps(options: KubeletOptions, parts: WorkerParts): Promise<PodWorkerDeps> {
  const { api, clock, config, log, runtime, tracer } = options;
  const { dra, limits, objects, resources, state } = parts;
  const hostSecurity = await detectHostSecurity();
  return {
    tracer,
    runtime,
    clock,
    log,
    runtimeName: parts.runtimeName,
    events: parts.events,
    images: parts.images,
    volumes: parts.volumes,
    imageMounts: parts.imageMounts,
    cgroups: parts.cgroups,
    logLinks: parts.logLinks,
    prober: parts.prober,
    statuses: parts.statuses,
    ...(parts.observer ? { observer: parts.observer } : {}),
    userNamespaces: userNamespaces(config, parts),
    handlers: () => state.handlers,
    restarts: new BackOff(clock, restartDelays(config)),
    turns: new StartTurns(clock),
    environment: environmentSources(objects, api),
    node: { ...(await nodeView(options, parts)), limits, seLinux: hostSecurity.seLinux },
    resyncMs: parseDuration(config.syncFrequency) ?? 60_000,
    resources,
    ...(dra ? { dra: dra.manager } : {}),
    cdi: new CdiDevices(runtime),
    deviceStatus: (pod, container) => [
      ...resources.devices.statusOf(pod, container),
      ...(dra?.manager.statusOf(pod, container) ?? []),
    ],
    runtimeHandler: (pod) => objects.runtimeHandler(pod),
    ...admissionOf(options, parts, hostSecurity),
  };
}

/** Decides which pods are admitted and which resizes are granted, from the node's resources and the pods on it. */
function admissionOf(
  { config, machine, api }: KubeletOptions,
  { events, observer, pods, resources, shutdown, state, upkeep, workers }: WorkerParts,
  hostSecurity: HostSecurity,
): Pick<PodWorkerDeps, 'admit' | 'shortage'> {
  const allocatable = allocatableOf(capacityOf(machine, config), config);
  return {
    shortage: (pod) => {
      const others = pods.active.filter((other) => other.metadata.uid !== pod.metadata.uid);
      return resizeInTurn(pods.latest(pod), { allocatable, others: others.map((other) => pods.latest(other)) });
    },
    admit: createAdmission({
      events,
      pressure: (pod) => shutdown.refusal ?? upkeep.eviction.refusal(pod),
      host: () => ({ ...hostSecurity, strictGroups: state.supplementalGroupsPolicy ?? false }),
      unsafeSysctls: config.allowedUnsafeSysctls ?? [],
      allocatable: () => ({ ...allocatable, ...resources.devices.amounts.allocatable }),
      node: () => api?.node(),
      pods: () =>
        pods.all.map((pod) => {
          const latest = pods.latest(pod);
          return waitsForResize(latest.status) ? withoutWishes(latest) : pod;
        }),
      hasEnded: (pod) => pods.hasEnded(pod) || workers().givesWay(pod.metadata.uid),
      ...(observer ? { onPreemption: observer.podsPreempted } : {}),
    }),
  };
}

function userNamespaces(
  { userNamespaces: { idsPerPod = 65_536 } = {}, maxPods }: CompleteConfiguration,
  { podsDir, state }: WorkerParts,
): UserNamespaces {
  return new UserNamespaces({
    podsDir,
    handlers: () => state.handlers,
    ids: () => subordinateIds(idsPerPod),
    idsPerPod,
    maxPods,
  });
}

/** The delays between restarts of a container: the configured maximum also limits the first one. */
function restartDelays({ crashLoopBackOff }: CompleteConfiguration): { initialMs?: number; maxMs?: number } {
  const maxMs = parseDuration(crashLoopBackOff?.maxContainerRestartPeriod ?? '');
  return maxMs === undefined ? {} : { initialMs: Math.min(10_000, maxMs), maxMs };
}

/** Where environment variables of containers come from. */
function environmentSources(objects: ApiObjects, api: KubeletApi | undefined): PodWorkerDeps['environment'] {
  return {
    configMap: (namespace, name) => objects.configMapText(namespace, name),
    secret: (namespace, name) => objects.secretText(namespace, name),
    services: (namespace) => servicesFor(api?.services, namespace),
  };
}

/** The Services that a container gets environment variables for: those of its namespace, and `kubernetes`. */
function servicesFor(services: Informer<Service> | undefined, namespace: string): readonly Service[] {
  if (!services) return [];
  const own = services.lister.inNamespace(namespace);
  const master = namespace === 'default' ? undefined : services.lister.get('default/kubernetes');
  return master ? [...own, master] : own;
}
