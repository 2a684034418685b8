import { cronjobs, jobs } from '@typernetes/api/batch/v1';
import { controller, wakeOn } from '@typernetes/client';
import { controllerOf, keyOf } from '@typernetes/machinery';
import type { ControllerDefinition } from '../context/controller-context.ts';
import { addOwnershipIndexes } from '../ownership/indexes.ts';
import { jobCreationSkew } from './metrics.ts';
import { CronJobReconciler } from './reconciler.ts';

export const cronJobController: ControllerDefinition = {
  name: 'cronjob-controller',
  serviceAccount: 'cronjob-controller',
  build({ client, informers, events, clock, metrics, observeQueue, log, settings }) {
    const cronJobs = informers.for(cronjobs);
    const jobInformer = informers.for(jobs);
    addOwnershipIndexes(jobInformer);
    const reconciler = new CronJobReconciler({
      cronJobs,
      jobs: jobInformer,
      cronJobClient: client.resource(cronjobs),
      jobClient: client.resource(jobs),
      events: events('cronjob-controller'),
      clock,
      late: jobCreationSkew(metrics),
    });
    const ownerOf = (job: Parameters<typeof keyOf>[0] & Parameters<typeof controllerOf>[0]): string | undefined => {
      const owner = controllerOf(job);
      return owner?.kind === cronjobs.kind ? `${job.metadata.namespace}/${owner.name}` : undefined;
    };
    const wakes = [wakeOn(cronJobs, keyOf), wakeOn(jobInformer, ownerOf)];
    return controller({ reconciler, wakes, workers: settings.concurrentSyncs.cronJob, clock, log, observeQueue });
  },
};
