import { type Job, jobs } from '@typernetes/api/batch/v1';
import { controller, type Reconciler, wakeOn } from '@typernetes/client';
import { isNotFound, keyOf } from '@typernetes/machinery';
import { exponentialBuckets } from '@typernetes/process';
import type { ControllerContext, ControllerDefinition } from '../context/controller-context.ts';
import { timeToLive } from './plan.ts';

export const ttlAfterFinishedController: ControllerDefinition = {
  name: 'ttl-after-finished-controller',
  serviceAccount: 'ttl-after-finished-controller',
  build(context) {
    const { informers, clock, log, observeQueue, settings } = context;
    const informer = informers.for(jobs);
    const keyOfLimited = (job: Job): string | undefined =>
      job.spec.ttlSecondsAfterFinished === undefined ? undefined : keyOf(job);
    const reconciler = ttlReconciler(context);
    return controller({
      reconciler,
      wakes: [wakeOn(informer, keyOfLimited)],
      workers: settings.concurrentSyncs.ttlAfterFinished,
      clock,
      log,
      observeQueue,
    });
  },
};

function ttlReconciler({ client, informers, clock, metrics }: ControllerContext): Reconciler {
  const duration = metrics.histogram('ttl_after_finished_controller_job_deletion_duration_seconds', {
    help: 'The time it took to delete the job since it became eligible for deletion',
    buckets: exponentialBuckets(0.1, 2, 14),
  });
  const { lister } = informers.for(jobs);
  const writer = client.resource(jobs);
  return {
    name: 'ttl-after-finished-controller',
    async reconcile(key) {
      const job = lister.get(key);
      const left = job && timeToLive(job, clock.now());
      if (!job || left === undefined) return {};
      if (left > 0) return { requeueAfterMs: left };
      try {
        // The limit may have been raised a moment ago: the server's word counts.
        const { metadata, ...fresh } = await writer.get(job.metadata);
        const still = timeToLive({ metadata, ...fresh }, clock.now());
        if (still === undefined || metadata.uid !== job.metadata.uid) return {};
        if (still > 0) return { requeueAfterMs: still };
        const { uid, resourceVersion } = metadata;
        await writer.delete(metadata, { propagationPolicy: 'Foreground', preconditions: { uid, resourceVersion } });
        duration.observe(-still / 1000);
      } catch (error) {
        if (!isNotFound(error)) throw error;
      }
      return {};
    },
  };
}
