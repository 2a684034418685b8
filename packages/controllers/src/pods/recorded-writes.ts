import type { Pod } from '@typernetes/api/core/v1';
import { messageOf } from '@typernetes/base';
import type { EventRecorder, EventTarget, ResourceClient, UnseenWrites } from '@typernetes/client';
import { type Draft, isNamespaceTerminating, isNotFound, keyOf } from '@typernetes/machinery';
import { slowStart } from './slow-start.ts';

interface RecordedWritesDeps {
  readonly podClient: Pick<ResourceClient<Pod>, 'create' | 'delete'>;
  readonly events: EventRecorder;
  readonly unseen: UnseenWrites<Pod>;
}

interface Written {
  readonly done: readonly Pod[];
  /** The first failure; a terminating namespace does not count as one. */
  readonly failure?: { readonly error: unknown };
}

/** Creates pods for an owner in growing batches, until one fails, with an event for each. */
export async function createPods(
  owner: EventTarget,
  drafts: readonly Draft<Pod>[],
  { podClient, events, unseen }: RecordedWritesDeps,
): Promise<Written> {
  const done: Pod[] = [];
  const failure = await slowStart(drafts.length, async (i) => {
    try {
      const pod = await podClient.create(drafts[i] as Draft<Pod>);
      unseen.wrote(keyOf(owner), pod);
      done.push(pod);
      events.event(owner, 'Normal', 'SuccessfulCreate', `Created pod: ${pod.metadata.name}`);
    } catch (error) {
      if (!isNamespaceTerminating(error))
        events.event(owner, 'Warning', 'FailedCreate', `Error creating: ${messageOf(error)}`);
      throw error;
    }
  });
  return { done, ...(failure && !isNamespaceTerminating(failure.error) ? { failure } : {}) };
}

/** Deletes pods of an owner at once, with an event for each; one that is gone already counts as deleted. */
export async function deletePods(
  owner: EventTarget,
  doomed: readonly Pod[],
  { podClient, events, unseen }: RecordedWritesDeps,
): Promise<Written> {
  const done: Pod[] = [];
  const outcomes = await Promise.allSettled(
    doomed.map(async (pod) => {
      const { name, namespace, uid } = pod.metadata;
      try {
        await podClient.delete({ name, namespace }, { preconditions: { uid } });
        events.event(owner, 'Normal', 'SuccessfulDelete', `Deleted pod: ${name}`);
      } catch (error) {
        if (!isNotFound(error)) {
          events.event(owner, 'Warning', 'FailedDelete', `Error deleting: ${messageOf(error)}`);
          throw error;
        }
      }
      unseen.deleted(keyOf(owner), pod);
      done.push(pod);
    }),
  );
  const failed = outcomes.find((outcome) => outcome.status === 'rejected');
  return { done, ...(failed ? { failure: { error: failed.reason } } : {}) };
}
