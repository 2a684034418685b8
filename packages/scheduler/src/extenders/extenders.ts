import type { Pod } from '@typernetes/api/core/v1';
import type { Extender as ExtenderConfig, KubeSchedulerProfile } from '@typernetes/api/kubescheduler.config/v1';
import type { Clock, Logger } from '@typernetes/base';
import type { Candidate } from '../framework/candidate.ts';
import { type Action, type EventResource, wakeUp } from '../framework/cluster-event.ts';
import type { Placed, SchedulerPlugin } from '../framework/plugin.ts';
import type { ClusterSnapshot } from '../snapshot/cluster-snapshot.ts';
import { bindByExtender, preemptByExtenders } from './consult.ts';
import { type Extender, extenderName } from './extender.ts';
import { httpExtender } from './http-extender.ts';

/** It is unknown what an extender looks at: every change may help a pod that one refused. */
const everything: readonly EventResource[] = [
  'Node',
  'AssignedPod',
  'WaitingPod',
  'PersistentVolumeClaim',
  'PersistentVolume',
  'StorageClass',
  'CSINode',
  'CSIDriver',
  'CSIStorageCapacity',
  'VolumeAttachment',
  'ResourceClaim',
  'ResourceSlice',
  'DeviceClass',
];
const actions: readonly Action[] = ['add', 'update', 'delete'];

const anonymous: SchedulerPlugin = {
  name: extenderName,
  wakesOn: everything.map((resource) => wakeUp(resource, actions)),
};

/** The extenders of a configuration, in its order. */
export class Extenders {
  readonly #all: readonly Extender[];
  readonly #log: Logger;
  /** Resources that are the extenders' alone. */
  readonly #ignored: readonly string[];

  constructor(
    configs: readonly ExtenderConfig[],
    { clock, log, snapshot }: { readonly clock: Clock; readonly log: Logger; readonly snapshot: ClusterSnapshot },
  ) {
    const podOn = (node: string, uid: string): Pod | undefined =>
      [...(snapshot.node(node)?.pods() ?? [])].find(({ metadata }) => metadata.uid === uid);
    this.#all = configs.map((config) => httpExtender(config, { clock, podOn }));
    this.#log = log;
    this.#ignored = configs.flatMap(({ managedResources = [] }) =>
      managedResources.flatMap(({ name, ignoredByScheduler }) => (ignoredByScheduler ? [name] : [])),
    );
  }

  /** Represent the extenders in the queue. */
  get plugins(): readonly SchedulerPlugin[] {
    return this.#all.length > 0 ? [anonymous] : [];
  }

  concerned(pod: Pod): readonly Extender[] {
    return this.#all.length === 0 ? this.#all : this.#all.filter((extender) => extender.isInterested(pod));
  }

  /** The profile without what extenders take care of: NodeResourcesFit does not look at their resources. */
  relieve(profile: KubeSchedulerProfile): KubeSchedulerProfile {
    if (this.#ignored.length === 0) return profile;
    const name = 'NodeResourcesFit';
    const others = (profile.pluginConfig ?? []).filter((one) => one.name !== name);
    const own = profile.pluginConfig?.find((one) => one.name === name)?.args as
      | { ignoredResources?: string[] }
      | undefined;
    const args = { ...own, ignoredResources: [...(own?.ignoredResources ?? []), ...this.#ignored] };
    return { ...profile, pluginConfig: [...others, { name, args }] };
  }

  bind({ pod, node }: Placed, signal: AbortSignal): Promise<boolean> | undefined {
    const extenders = this.concerned(pod).filter(({ bind }) => bind !== undefined);
    return extenders.length === 0 ? undefined : bindByExtender(pod, node.name, { extenders, log: this.#log, signal });
  }

  vet(pod: Pod, candidates: readonly Candidate[]): Promise<readonly Candidate[]> | undefined {
    const extenders = this.concerned(pod).filter(({ preempt }) => preempt !== undefined);
    if (extenders.length === 0) return undefined;
    return preemptByExtenders(pod, candidates, { extenders, log: this.#log, signal: new AbortController().signal });
  }
}
