import { type Pod, type PodCondition, pods } from '@typernetes/api/core/v1';
import { timestamp } from '@typernetes/base';
import { findCondition, isNotFound } from '@typernetes/machinery';
import type { PluginHandle } from './framework/plugin-handle.ts';
import { Slots } from './slots.ts';

export interface Refused {
  readonly reason: 'Unschedulable' | 'SchedulerError';
  readonly message: string;
  /** The node that room is made on; "" withdraws an earlier nomination, undefined leaves it. */
  readonly nominate?: string;
}

/** Tells users why a pod is pending: by an event, and by the PodScheduled condition if it changed. */
export class RefusalRecord {
  readonly #deps: Pick<PluginHandle, 'client' | 'clock' | 'log'>;
  readonly #slots = new Slots(32);

  constructor(deps: Pick<PluginHandle, 'client' | 'clock' | 'log'>) {
    this.#deps = deps;
  }

  /** Writes in the background; settles when it has. */
  async write(pod: Pod, refused: Refused, signal: AbortSignal): Promise<void> {
    const before = findCondition(pod.status?.conditions, 'PodScheduled');
    const { reason, message, nominate } = refused;
    const recorded = before?.status === 'False' && before.reason === reason && before.message === message;
    const nominated = pod.status?.nominatedNodeName ?? '';
    const renominated = nominate !== undefined && nominate !== nominated;
    if (recorded && !renominated) return;
    const condition: PodCondition = {
      type: 'PodScheduled',
      status: 'False',
      reason,
      message,
      lastTransitionTime:
        (before?.status === 'False' && before.lastTransitionTime) || timestamp(this.#deps.clock.now()),
      ...(pod.metadata.generation ? { observedGeneration: pod.metadata.generation } : {}),
    };
    const { name, namespace, uid } = pod.metadata;
    const status = {
      ...(recorded ? {} : { conditions: [condition] }),
      ...(renominated ? { nominatedNodeName: nominate || null } : {}),
    };
    try {
      await this.#slots.use(() =>
        this.#deps.client
          .resource(pods)
          .patch(
            { name, namespace },
            { metadata: { uid }, status },
            { type: 'strategic', subresource: 'status', signal },
          ),
      );
    } catch (error) {
      if (!signal.aborted && !isNotFound(error))
        this.#deps.log.error('Cannot update pod condition', error, { pod: `${namespace}/${name}` });
    }
  }
}
