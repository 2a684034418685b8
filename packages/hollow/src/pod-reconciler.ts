import { type Pod, pods } from '@typernetes/api/core/v1';
import { type Clock, messageOf, timestamp } from '@typernetes/base';
import type { ApiClient, EventRecorder, Lister, Reconciler } from '@typernetes/client';
import { isNotFound } from '@typernetes/machinery';
import { courseFailed, type PodCourse, type PodStep, planPod, readCourse, waitingStatus } from './pod-course.ts';

interface PodReconcilerDeps {
  readonly client: Pick<ApiClient, 'resource'>;
  readonly pods: Pick<Lister<Pod>, 'get'>;
  readonly course: (pod: Pod) => PodCourse;
  /** The address of the pod's node; undefined: not one of ours. */
  readonly hostIPOf: (pod: Pod) => string | undefined;
  readonly events: EventRecorder;
  readonly clock: Clock;
}

/** How long a pod waits whose course could not be had. */
const retryMs = 10_000;

/**
 * Brings each pod one step further; the change that it makes wakes the next step. A pod whose course cannot be had says
 * so by an event and, if it is new, in its status; it is tried again after ten seconds.
 */
export function podReconciler(deps: PodReconcilerDeps): Reconciler {
  const { client, pods: known, course, hostIPOf, events, clock } = deps;
  const resource = client.resource<Pod>(pods);
  const nextAddress = addresses();
  return {
    name: 'hollow-pods',
    async reconcile(key, signal) {
      const pod = known.get(key);
      const hostIP = pod && hostIPOf(pod);
      if (!pod || hostIP === undefined) return {};
      const at = timestamp(clock.now());
      let step: PodStep;
      let result = {};
      try {
        step = planPod(pod, () => {
          const read = readCourse(course, pod);
          return { course: read, hostIP, podIP: pod.status?.podIP ?? nextAddress(), at };
        });
      } catch (error) {
        const message = messageOf(error);
        events.event({ apiVersion: 'v1', kind: 'Pod', metadata: pod.metadata }, 'Warning', courseFailed, message);
        const status = waitingStatus(pod, message);
        step = status ? { do: 'report', status } : { do: 'nothing' };
        result = { requeueAfterMs: retryMs };
      }
      const { namespace = '', name, uid } = pod.metadata;
      const ref = { namespace, name };
      try {
        if (step.do === 'remove') {
          await resource.delete(ref, { gracePeriodSeconds: 0, preconditions: { uid }, signal });
        } else if (step.do === 'report') {
          const patch = { metadata: { uid }, status: step.status };
          await resource.patch(ref, patch, { type: 'strategic', subresource: 'status', signal });
        }
      } catch (error) {
        // Gone in the meantime, or another pod of the same name: its own event is under way.
        if (!isNotFound(error)) throw error;
      }
      return result;
    },
  };
}

/** Addresses of a range of their own, one after the other: nothing is ever sent to them. */
function addresses(): () => string {
  let serial = 0;
  return () => {
    const host = serial++ % (253 * 256 * 128);
    return `10.${128 + Math.floor(host / (253 * 256))}.${Math.floor(host / 253) % 256}.${(host % 253) + 2}`;
  };
}
