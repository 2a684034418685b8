import type { Container, Pod, ResourceStatus } from '@typernetes/api/core/v1';
import type { Clock, Logger } from '@typernetes/base';
import type { ContainerRuntime, RuntimeHandler } from '@typernetes/cri';
import type { Tracer } from '@typernetes/process/tracing';
import type { Admission } from '../admission/admission.ts';
import type { LogLinks } from '../container-logs/log-links.ts';
import type { DraManager } from '../dra/dra-manager.ts';
import type { ImagePuller } from '../images/image-puller.ts';
import type { BackOff } from '../lifecycle/back-off.ts';
import type { PodObserver } from '../metrics/kubelet-metrics.ts';
import type { ResizePending } from '../pod/allocation.ts';
import type { Prober } from '../probes/prober.ts';
import type { ResourceManagers } from '../resource-managers/resource-managers.ts';
import type { CdiDevices } from '../runtime/cdi-devices.ts';
import type { Cgroups } from '../runtime/cgroups.ts';
import type { ClusterDns } from '../runtime/dns.ts';
import type { EnvironmentSources } from '../runtime/environment.ts';
import type { LimitRules } from '../runtime/limit-rules.ts';
import type { PodFacts } from '../runtime/pod-facts.ts';
import type { UserNamespaces } from '../runtime/user-namespaces.ts';
import type { ContainerEvents } from '../status/container-events.ts';
import type { StatusSink } from '../status/status-sink.ts';
import type { ImageMounts } from '../volumes/image-volumes.ts';
import type { Volumes } from '../volumes/volumes.ts';
import type { StartTurns } from './start-turns.ts';

/** The facts about the node and its configuration that pods need. */
export interface NodeView {
  readonly podsDir: string;
  readonly logsDir: string;
  readonly seccompDir: string;
  readonly seccompDefault: boolean;
  readonly limits: LimitRules;
  readonly memoryCapacity: number;
  /** Whether the host labels files. */
  readonly seLinux?: boolean;
  readonly dns: () => ClusterDns;
  /** Node facts for the downward API, without the pod's own addresses. */
  readonly facts: () => Omit<PodFacts, 'podIps'>;
  /** Why pods cannot have a network yet; undefined when they can. */
  readonly networkProblem: () => string | undefined;
}

export interface PodWorkerDeps {
  readonly runtime: ContainerRuntime;
  readonly runtimeName: string;
  readonly clock: Clock;
  readonly log: Logger;
  readonly events: ContainerEvents;
  readonly images: ImagePuller;
  readonly volumes: Volumes;
  readonly userNamespaces: UserNamespaces;
  /** The features of the runtime's handlers. */
  readonly handlers: () => readonly RuntimeHandler[];
  readonly imageMounts: Pick<ImageMounts, 'prepare'>;
  readonly cgroups: Cgroups;
  /** Links under which log shippers find the logs of containers. */
  readonly logLinks: Pick<LogLinks, 'add' | 'remove'>;
  readonly prober: Prober;
  readonly statuses: StatusSink;
  readonly restarts: BackOff;
  readonly environment: Omit<EnvironmentSources, 'facts'>;
  readonly node: NodeView;
  /** How often a pod is synced when nothing happens to it, in milliseconds; default: 60,000. */
  readonly resyncMs?: number;
  /** When static pods may start; without them whenever they like. */
  readonly turns?: StartTurns;
  /** Decides on the admission of a new pod, and on preemption for it; without it every pod is admitted. */
  readonly admit?: (pod: Pod) => Admission;
  /** Gives pods what only they may use: devices, processors. Without it nobody has anything for itself. */
  readonly resources?: Pick<ResourceManagers, 'concerns' | 'claim' | 'extras'>;
  /** Has the devices of claims made ready by their drivers. Without it no pod with claims starts. */
  readonly dra?: Pick<DraManager, 'prepare' | 'unprepare' | 'cdiDevices'>;
  /** CDI devices, for runtimes without CDI support. */
  readonly cdi: Pick<CdiDevices, 'complete'>;
  /** The health of a container's devices of any kind. */
  readonly deviceStatus?: (pod: Pod, container: Container) => readonly ResourceStatus[];
  /** The runtime's handler of the pod's runtime class; '' is the runtime's own choice. */
  readonly runtimeHandler?: (pod: Pod) => Promise<string>;
  /** Observes starts, for metrics. */
  readonly observer?: PodObserver;
  /** Records spans of the work on pods; default: none. */
  readonly tracer?: Pick<Tracer, 'span'> | undefined;
  /** Why a running pod cannot be resized now; undefined when it can. */
  readonly shortage?: (pod: Pod) => ResizePending | undefined;
}
