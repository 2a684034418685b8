import { isPodTerminal } from '@typernetes/api';
import { type Job, jobs } from '@typernetes/api/batch/v1';
import { type Pod, pods } from '@typernetes/api/core/v1';
import { runAll } from '@typernetes/base';
import { controller, type Informer, readsFrom, type Wake, wakeOn } from '@typernetes/client';
import { controllerOf, keyOf, selectorFromObject } from '@typernetes/machinery';
import type { ControllerDefinition } from '../context/controller-context.ts';
import { addOwnershipIndexes, byController } from '../ownership/indexes.ts';
import { staleSyncs } from '../pods/stale-syncs.ts';
import { isFinished } from './end.ts';
import { type JobMetrics, jobMetrics } from './metrics.ts';
import { isTracked } from './pods.ts';
import { JobReconciler, orphanReconciler, ownName } from './reconciler.ts';

export const jobController: ControllerDefinition = {
  name: 'job-controller',
  serviceAccount: 'job-controller',
  build({ client, informers, events, clock, metrics, observeQueue, log, settings }) {
    const jobInformer = informers.for(jobs);
    const podInformer = informers.for(pods);
    addOwnershipIndexes(podInformer);
    const deps = {
      jobs: jobInformer,
      pods: podInformer,
      jobClient: client.resource(jobs),
      podClient: client.resource(pods),
      events: events('job-controller'),
      clock,
      metrics: jobMetrics(metrics),
      skipped: staleSyncs(metrics, { controller: 'job', ...jobs }),
    };
    countTracked(podInformer, deps.metrics);
    jobInformer.onEvent({
      added: ({ spec }) => {
        const { managedBy = ownName } = spec;
        if (managedBy !== ownName) deps.metrics.external(managedBy);
      },
    });
    const syncing = controller({
      reconciler: new JobReconciler(deps),
      wakes: [wakeOn(jobInformer, keyOf), wakeOn(podInformer, (pod) => jobsOf(pod, jobInformer))],
      workers: settings.concurrentSyncs.job,
      clock,
      log,
      observeQueue,
    });
    const freeing = controller({
      reconciler: orphanReconciler(deps),
      wakes: [
        wakePodsOf(jobInformer, podInformer),
        wakeOn(podInformer, orphanKey(jobInformer)),
        readsFrom(jobInformer),
      ],
      workers: 1,
      clock,
      log,
      observeQueue,
    });
    return { name: syncing.name, run: (signal) => runAll([syncing, freeing], signal) };
  },
};

/** Counts ended pods that still have the finalizer. */
function countTracked(informer: Informer<Pod>, metrics: JobMetrics): void {
  const isHeld = (pod: Pod | undefined): boolean => pod !== undefined && isPodTerminal(pod) && isTracked(pod);
  const seen = (pod: Pod | undefined, old: Pod | undefined): void => {
    if (isHeld(pod) && !isHeld(old)) metrics.tracked('add');
    if (isHeld(old) && !isHeld(pod)) metrics.tracked('delete');
  };
  informer.onEvent({
    added: (pod) => seen(pod, undefined),
    updated: seen,
    deleted: (pod) => seen(undefined, pod),
  });
}

/** The job that owns the pod; for an orphan, those that select it. */
function jobsOf(pod: Pod, informer: Informer<Job>): string | readonly string[] | undefined {
  const { namespace = '', labels, deletionTimestamp } = pod.metadata;
  const owner = controllerOf(pod);
  if (owner) return owner.kind === jobs.kind ? `${namespace}/${owner.name}` : undefined;
  if (deletionTimestamp !== undefined || !labels) return undefined;
  const candidates = informer.lister.inNamespace(namespace).filter((job) => !isFinished(job));
  return candidates.filter(({ spec }) => selectorFromObject(spec.selector).matches(labels)).map(keyOf);
}

/** The key of a pod with the finalizer, but without a known running job. */
function orphanKey(informer: Informer<Job>): (pod: Pod) => string | undefined {
  return (pod) => {
    if (!isTracked(pod)) return undefined;
    const owner = controllerOf(pod);
    const job = owner?.kind === jobs.kind ? informer.lister.get(`${pod.metadata.namespace}/${owner.name}`) : undefined;
    return job && !isFinished(job) ? undefined : keyOf(pod);
  };
}

/** When a job is gone or finished, the pods that still have its finalizer are looked at again. */
function wakePodsOf(informer: Informer<Job>, podInformer: Informer<Pod>): Wake {
  return {
    untilSynced: (signal) => podInformer.untilSynced(signal),
    attach(queue) {
      const wake = (job: Job): void => {
        for (const pod of podInformer.lister.byIndex(byController, job.metadata.uid))
          if (isTracked(pod)) queue.add(keyOf(pod));
      };
      return informer.onEvent({
        updated: (job, old) => {
          if (isFinished(job) && !isFinished(old)) wake(job);
        },
        deleted: wake,
      });
    },
  };
}
