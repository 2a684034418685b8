import { leases } from '@typernetes/api/coordination/v1';
import { type Node, nodes, type Pod, pods } from '@typernetes/api/core/v1';
import { type Clock, microTimestamp, type Runnable, runAll, systemClock, timestamp } from '@typernetes/base';
import { silentLogger } from '@typernetes/base/testing';
import { type ApiClient, controller, sharedInformers, wakeOn } from '@typernetes/client';
import { isAlreadyExists, isNotFound, keyOf } from '@typernetes/machinery';

export interface HollowNodeOptions {
  readonly name: string;
  readonly clock?: Clock;
  readonly heartbeatMs?: number;
  /** Whether the containers of a pod ever become ready; asked once, when they start. */
  readonly becomesReady?: (pod: Pod) => boolean;
}

let addresses = 0;

/**
 * A kubelet without containers: registers a node and renews its lease, makes the pods bound to it Running and Ready, and
 * finishes deletions at once. Aborted, it falls silent as a machine does that lost its power.
 */
export function hollowNode(client: ApiClient, options: HollowNodeOptions): Runnable {
  const { name, clock = systemClock, heartbeatMs = 1000, becomesReady = () => true } = options;
  const podClient = client.resource<Pod>(pods);

  const start = async (pod: Pod): Promise<void> => {
    const at = timestamp(clock.now());
    const status = becomesReady(pod) ? 'True' : 'False';
    const conditions = ['PodScheduled', 'Initialized', 'ContainersReady', 'Ready'].map((type) => ({
      type,
      status: type.endsWith('Ready') ? status : 'True',
      lastTransitionTime: at,
    }));
    const serial = addresses++;
    const podIP = `10.244.${Math.floor(serial / 250) % 250}.${(serial % 250) + 2}`;
    const { namespace, name: podName, uid } = pod.metadata;
    const next = { phase: 'Running', startTime: at, podIP, podIPs: [{ ip: podIP }], conditions };
    await podClient.patch(
      { namespace, name: podName },
      { metadata: { uid }, status: next },
      { type: 'strategic', subresource: 'status' },
    );
  };

  const finish = async ({ metadata: { namespace, name: podName, uid } }: Pod): Promise<void> => {
    try {
      await podClient.delete({ namespace, name: podName }, { gracePeriodSeconds: 0, preconditions: { uid } });
    } catch (error) {
      if (!isNotFound(error)) throw error;
    }
  };

  return {
    name,
    async run(signal) {
      await register(client, name, clock);
      const informers = sharedInformers({ client, clock, log: silentLogger });
      const mine = informers.for<Pod>(pods, { fieldSelector: `spec.nodeName=${name}` });
      const reconciler = {
        name,
        reconcile: async (key: string) => {
          const pod = mine.lister.get(key);
          if (pod?.metadata.deletionTimestamp) await finish(pod);
          else if (pod && pod.status?.phase === 'Pending') await start(pod);
          return {};
        },
      };
      const syncing = controller({ reconciler, wakes: [wakeOn(mine, keyOf)], clock, log: silentLogger });
      await runAll([informers, syncing, heartbeat(client, { name, clock, everyMs: heartbeatMs })], signal);
    },
  };
}

async function register(client: ApiClient, name: string, clock: Clock): Promise<void> {
  const resource = client.resource<Node>(nodes);
  const labels = { 'kubernetes.io/hostname': name, 'kubernetes.io/os': 'linux' };
  try {
    await resource.create({ metadata: { name, labels }, spec: {} });
  } catch (error) {
    if (!isAlreadyExists(error)) throw error;
  }
  const at = timestamp(clock.now());
  const amounts = { cpu: '32', memory: '64Gi', pods: '110' };
  const ready = {
    type: 'Ready',
    status: 'True',
    reason: 'KubeletReady',
    lastHeartbeatTime: at,
    lastTransitionTime: at,
  };
  const status = { capacity: amounts, allocatable: amounts, conditions: [ready] };
  await resource.patch({ name }, { status }, { type: 'strategic', subresource: 'status' });
}

function heartbeat(
  client: ApiClient,
  { name, clock, everyMs }: { readonly name: string; readonly clock: Clock; readonly everyMs: number },
): Runnable {
  const ref = { namespace: 'kube-node-lease', name };
  const resource = client.resource(leases);
  const renewed = () => ({
    holderIdentity: name,
    leaseDurationSeconds: 40,
    renewTime: microTimestamp(clock.now()),
  });
  const beat = async (): Promise<void> => {
    try {
      await resource.patch(ref, { spec: renewed() }, { type: 'merge' });
    } catch (error) {
      // A disturbed server may refuse; the next beat comes soon.
      if (isNotFound(error)) await resource.create({ metadata: ref, spec: renewed() }).catch(() => {});
    }
  };
  return {
    name: `${name} heartbeat`,
    async run(signal) {
      while (!signal.aborted) {
        await beat();
        await clock.sleep(everyMs, signal);
      }
    },
  };
}
