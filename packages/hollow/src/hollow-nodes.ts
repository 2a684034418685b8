import { type Node, nodes, type Pod, pods } from '@typernetes/api/core/v1';
import { type Clock, type Logger, type Runnable, runAll, systemClock, timestamp } from '@typernetes/base';
import { type ApiClient, controller, eventRecorder, sharedInformers, wakeOn } from '@typernetes/client';
import { isAlreadyExists, keyOf } from '@typernetes/machinery';
import { heartbeats } from './heartbeats.ts';
import { defaultAmounts, type NodeAmounts, nodeObject } from './node-object.ts';
import { type PodCourse, usualCourse } from './pod-course.ts';
import { podReconciler } from './pod-reconciler.ts';

export interface HollowNodesOptions {
  readonly client: ApiClient;
  readonly names: readonly string[];
  readonly log: Logger;
  readonly clock?: Clock;
  /** Capacity and allocatable of each node, where it is otherwise than usual. */
  readonly amounts?: NodeAmounts;
  readonly labels?: (name: string) => Readonly<Record<string, string>>;
  /** What becomes of a pod; by default pods of Jobs succeed and all others run. */
  readonly course?: (pod: Pod) => PodCourse;
  /** How often each node renews its lease: 10 s as kubelets do. */
  readonly heartbeatMs?: number;
}

const registrationsAtOnce = 32;

/** Registers the nodes and plays their kubelets until aborted. */
export function hollowNodes(options: HollowNodesOptions): Runnable {
  const { client, names, log, clock = systemClock, heartbeatMs = 10_000, course = usualCourse } = options;
  return {
    name: 'hollow nodes',
    async run(signal) {
      const hostIPs = new Map(names.map((name, index) => [name, hostAddress(index)]));
      const informers = sharedInformers({ client, clock, log });
      const [only] = names;
      // One node asks for its own pods, many share one watch of all that are bound.
      const narrowed = { fieldSelector: names.length === 1 ? `spec.nodeName=${only}` : 'spec.nodeName!=' };
      const bound = informers.for<Pod>(pods, narrowed);
      const hostIPOf = (pod: Pod): string | undefined => hostIPs.get(pod.spec.nodeName ?? '');
      const events = eventRecorder({ client, component: 'kubelet', clock, log, signal });
      const reconciler = podReconciler({ client, pods: bound.lister, course, hostIPOf, events, clock });
      const wake = wakeOn(bound, (pod) => (hostIPOf(pod) === undefined ? undefined : keyOf(pod)));
      await register(options, { hostIPs, clock, signal });
      await runAll(
        [
          informers,
          controller({ reconciler, wakes: [wake], workers: 32, clock, log }),
          heartbeats({ client, names, clock, log, everyMs: heartbeatMs }),
        ],
        signal,
      );
    },
  };
}

interface Registration {
  readonly hostIPs: ReadonlyMap<string, string>;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

/** A node that is there already, from an earlier run say, is taken over with a new status. */
async function register(options: HollowNodesOptions, { hostIPs, clock, signal }: Registration): Promise<void> {
  const { client, labels = () => ({}) } = options;
  const amounts = { ...defaultAmounts, ...options.amounts };
  const resource = client.resource<Node>(nodes);
  const left = [...hostIPs];
  const work = async (): Promise<void> => {
    for (let next = left.shift(); next && !signal.aborted; next = left.shift()) {
      const [name, address] = next;
      const node = nodeObject({ name, address, amounts, labels: labels(name), at: timestamp(clock.now()) });
      try {
        await resource.create(node, { signal });
      } catch (error) {
        if (!isAlreadyExists(error)) throw error;
        await resource.patch({ name }, { status: node.status }, { type: 'strategic', subresource: 'status', signal });
      }
    }
  };
  await Promise.all(Array.from({ length: registrationsAtOnce }, work));
}

const hostAddress = (index: number): string =>
  `10.${64 + Math.floor(index / (250 * 256))}.${Math.floor(index / 250) % 256}.${(index % 250) + 2}`;
