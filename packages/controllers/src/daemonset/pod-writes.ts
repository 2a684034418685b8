import { type DaemonSet, daemonsets } from '@typernetes/api/apps/v1';
import type { Pod } from '@typernetes/api/core/v1';
import { messageOf } from '@typernetes/base';
import { type EventRecorder, eventTarget, type ResourceClient, type UnseenWrites } from '@typernetes/client';
import { isNotFound, keyOf } from '@typernetes/machinery';
import { podFromTemplate } from '../pods/from-template.ts';
import { slowStart } from '../pods/slow-start.ts';
import { boundTo, withDaemonTolerations } from './placement.ts';
import type { DaemonPlan } from './plan.ts';
import { revisionLabel } from './view.ts';

interface PodWritesDeps {
  readonly podClient: Pick<ResourceClient<Pod>, 'create' | 'delete'>;
  readonly events: EventRecorder;
  readonly unseen: UnseenWrites<Pod>;
}

/** Creates a pod on each of the nodes, in growing batches, with an event for each. Rejects with the first failure. */
export async function createDaemons(
  daemonSet: DaemonSet,
  { nodes, hash }: { readonly nodes: readonly string[]; readonly hash: string },
  { podClient, events, unseen }: PodWritesDeps,
): Promise<void> {
  const target = eventTarget(daemonsets, daemonSet);
  const draft = podFromTemplate(daemonSet, daemonsets, daemonSet.spec.template);
  const generation = daemonSet.metadata.annotations?.['deprecated.daemonset.template.generation'];
  const labels = {
    ...draft.metadata.labels,
    [revisionLabel]: hash,
    ...(generation ? { 'pod-template-generation': generation } : {}),
  };
  const spec = withDaemonTolerations(draft.spec);
  const failed = await slowStart(nodes.length, async (i) => {
    try {
      const bound = { ...draft, metadata: { ...draft.metadata, labels }, spec: boundTo(spec, nodes[i] ?? '') };
      const pod = await podClient.create(bound);
      unseen.wrote(keyOf(daemonSet), pod);
      events.event(target, 'Normal', 'SuccessfulCreate', `Created pod: ${pod.metadata.name}`);
    } catch (error) {
      events.event(target, 'Warning', 'FailedCreate', `Error creating: ${messageOf(error)}`);
      throw error;
    }
  });
  if (failed) throw failed.error;
}

/** Deletes the pods that the plan removes, with an event for each; those that have ended are reported first. */
export async function removeDaemons(
  daemonSet: DaemonSet,
  plan: DaemonPlan,
  { podClient, events, unseen }: PodWritesDeps,
): Promise<void> {
  const target = eventTarget(daemonsets, daemonSet);
  for (const pod of plan.failed) {
    const { namespace, name } = pod.metadata;
    const message = `Found failed daemon pod ${namespace}/${name} on node ${pod.spec.nodeName}, will try to kill it`;
    events.event(target, 'Warning', 'FailedDaemonPod', message);
  }
  for (const pod of plan.succeeded) {
    const { namespace, name } = pod.metadata;
    const message = `Found succeeded daemon pod ${namespace}/${name} on node ${pod.spec.nodeName}, will try to delete it`;
    events.event(target, 'Normal', 'SucceededDaemonPod', message);
  }
  for (const pod of plan.remove) {
    const { name, namespace, uid } = pod.metadata;
    try {
      await podClient.delete({ name, namespace }, { preconditions: { uid } });
      events.event(target, 'Normal', 'SuccessfulDelete', `Deleted pod: ${name}`);
    } catch (error) {
      if (!isNotFound(error)) throw error;
    }
    unseen.deleted(keyOf(daemonSet), pod);
  }
}
