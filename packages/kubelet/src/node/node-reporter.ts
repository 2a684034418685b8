import { type Node, nodes } from '@typernetes/api/core/v1';
import { type Clock, type Logger, messageOf } from '@typernetes/base';
import type { ApiClient, EventRecorder } from '@typernetes/client';
import type { Image } from '@typernetes/cri';
import { isAlreadyExists, isNotFound } from '@typernetes/machinery';
import { limited } from '../lifecycle/limited.ts';
import { Waker } from '../lifecycle/waker.ts';
import {
  labelChanges,
  type NodeSight,
  newNode,
  nodeStatus,
  type Registration,
  sameStatus,
  withdrawnResources,
} from './node-object.ts';

export interface NodeReporterDeps {
  readonly client: Pick<ApiClient, 'resource'>;
  readonly clock: Clock;
  readonly log: Logger;
  readonly recorder: EventRecorder;
  readonly registration: Registration;
  readonly register: boolean;
  /** The current facts about the node; gathered again for every report. */
  readonly sight: (images: readonly Image[]) => NodeSight;
  readonly images: (signal: AbortSignal) => Promise<readonly Image[]>;
  /** Called once the node is registered in the API. */
  readonly onRegistered: () => void;
  readonly updateMs: number;
  readonly reportMs: number;
}

const retryMs = { first: 100, most: 2000 };
/** The timeout of a request: after it, the request is retried, perhaps over a new connection. */
const heartbeatMs = 10_000;

/** Registers the node and keeps its status true: changes at once, the rest now and then as a sign of life. */
export class NodeReporter {
  readonly name = 'node-reporter';
  readonly #deps: NodeReporterDeps;
  readonly #waker: Waker;
  #node: Node | undefined;
  /** The images as last listed. */
  #images: readonly Image[] = [];
  #reportedAt = Number.NEGATIVE_INFINITY;
  #unschedulable = false;

  constructor(deps: NodeReporterDeps) {
    this.#deps = deps;
    this.#waker = new Waker(deps.clock);
  }

  get node(): Node | undefined {
    return this.#node;
  }

  /** Reads the node again: others may have changed its labels and taints. Throws the API server's errors. */
  async refresh(): Promise<void> {
    if (!this.#node) return;
    const { name } = this.#node.metadata;
    this.#node = await this.#deps.client.resource(nodes).get({ name });
  }

  /** Something changed: look at once. */
  wake(): void {
    this.#waker.wake();
  }

  async run(signal: AbortSignal): Promise<void> {
    let waitMs = retryMs.first;
    while (!signal.aborted) {
      try {
        await this.#report(signal);
        waitMs = retryMs.first;
        await this.#waker.wait(this.#deps.updateMs, signal);
      } catch (error) {
        if (signal.aborted) return;
        this.#deps.log.warn('Cannot report node status', { error: messageOf(error) });
        await this.#deps.clock.sleep(waitMs, signal).catch(() => {});
        waitMs = Math.min(waitMs * 2, retryMs.most);
      }
    }
  }

  async #report(signal: AbortSignal): Promise<void> {
    const { clock, reportMs } = this.#deps;
    const sight = this.#deps.sight(await this.#listImages(signal));
    // Others change the node too: they advertise resources on it, or delete it.
    const node = this.#node ? await this.#read(sight.name, signal) : await this.#register(sight, signal);
    this.#announceScheduling(node);
    const status = nodeStatus(sight, node.status);
    if (sameStatus(node.status, status) && clock.monotonic() - this.#reportedAt < reportMs) return;
    try {
      const patch = {
        status: {
          ...status,
          allocatable: { ...status.allocatable, ...withdrawnResources(node.status, status) },
          images: status.images ?? [],
          volumesInUse: status.volumesInUse ?? null,
          // Strategic merge would join the addresses by type, so that two addresses of one type become one.
          addresses: [...(status.addresses ?? []), { $patch: 'replace' }],
        },
      };
      const write = (scope: AbortSignal): Promise<Node> => {
        const options = { type: 'strategic', subresource: 'status', signal: scope } as const;
        return this.#deps.client.resource(nodes).patch({ name: sight.name }, patch, options);
      };
      const written = await limited(write, { ms: heartbeatMs, clock, signal });
      this.#announce(node, written);
      this.#node = written;
      this.#reportedAt = clock.monotonic();
    } catch (error) {
      if (!isNotFound(error)) throw error;
      // Somebody has deleted the node: it registers again.
      this.#node = undefined;
      throw error;
    }
  }

  /** Returns the last known images while the runtime does not answer: that failure has to be reported, not hidden. */
  async #listImages(signal: AbortSignal): Promise<readonly Image[]> {
    try {
      this.#images = await this.#deps.images(signal);
    } catch (error) {
      signal.throwIfAborted();
      this.#deps.log.warn('Cannot list the images of the node', { error: messageOf(error) });
    }
    return this.#images;
  }

  /** Throws NotFound, and forgets the node, when somebody has deleted it: it registers again. */
  async #read(name: string, signal: AbortSignal): Promise<Node> {
    try {
      const read = (scope: AbortSignal): Promise<Node> =>
        this.#deps.client.resource(nodes).get({ name }, { signal: scope });
      this.#node = await limited(read, { ms: heartbeatMs, clock: this.#deps.clock, signal });
      return this.#node;
    } catch (error) {
      if (isNotFound(error)) this.#node = undefined;
      throw error;
    }
  }

  async #register(sight: NodeSight, signal: AbortSignal): Promise<Node> {
    const { client, registration, register, onRegistered } = this.#deps;
    const api = client.resource(nodes);
    let node: Node;
    try {
      node = register
        ? await api.create(newNode(sight, registration), { signal })
        : await api.get({ name: sight.name }, { signal });
    } catch (error) {
      if (!isAlreadyExists(error)) throw error;
      node = await api.get({ name: sight.name }, { signal });
      const labels = labelChanges(node, sight, registration.labels);
      if (Object.keys(labels).length > 0)
        node = await api.patch({ name: sight.name }, { metadata: { labels } }, { type: 'strategic', signal });
    }
    this.#deps.log.info('Registered node', { node: sight.name });
    this.#node = node;
    onRegistered();
    return node;
  }

  /** Emits an event when somebody has cordoned the node, or uncordoned it. */
  #announceScheduling({ metadata: { name }, spec }: Node): void {
    const unschedulable = spec.unschedulable ?? false;
    if (unschedulable === this.#unschedulable) return;
    this.#unschedulable = unschedulable;
    this.#tell(name, 'Normal', unschedulable ? 'NodeNotSchedulable' : 'NodeSchedulable');
  }

  #tell(name: string, type: 'Normal' | 'Warning', reason: string, message?: string): void {
    const target = { apiVersion: 'v1', kind: 'Node', metadata: { name, uid: name } };
    this.#deps.recorder.event(target, type, reason, message ?? `Node ${name} status is now: ${reason}`);
  }

  /** Emits an event for every condition that the node has entered or left, and for what has happened to it. */
  #announce(before: Node, after: Node): void {
    const { name } = after.metadata;
    const [bootId, newBootId] = [before, after].map(({ status }) => status?.nodeInfo?.bootID ?? '');
    if (bootId !== '' && newBootId !== bootId) {
      this.#tell(name, 'Warning', 'Rebooted', `Node ${name} has been rebooted, boot id: ${newBootId}`);
    }
    for (const [type, [whenTrue, whenFalse]] of Object.entries(announcements)) {
      const now = statusOf(after, type);
      const then = statusOf(before, type);
      // A node that has just been made was never ready.
      if (then === now || (type === 'Ready' && then === undefined && now !== 'True')) continue;
      this.#tell(name, 'Normal', now === 'True' ? whenTrue : whenFalse);
    }
  }
}

/** The reasons of the events for a condition that became true, or not. */
const announcements: Readonly<Record<string, readonly [string, string]>> = {
  MemoryPressure: ['NodeHasInsufficientMemory', 'NodeHasSufficientMemory'],
  DiskPressure: ['NodeHasDiskPressure', 'NodeHasNoDiskPressure'],
  PIDPressure: ['NodeHasInsufficientPID', 'NodeHasSufficientPID'],
  Ready: ['NodeReady', 'NodeNotReady'],
};

const statusOf = (node: Node, type: string): string | undefined =>
  node.status?.conditions?.find((condition) => condition.type === type)?.status;
