import { exponentialBuckets, type Metrics } from '@typernetes/process';

/**
 * `cronjob_controller_job_creation_skew_duration_seconds`: returns the function to call for each job, with the seconds.
 */
export function jobCreationSkew(metrics: Metrics): (seconds: number) => void {
  const skew = metrics.histogram('cronjob_controller_job_creation_skew_duration_seconds', {
    help: 'Time between when a cronjob is scheduled to be run, and when the corresponding job is created',
    stability: 'STABLE',
    buckets: exponentialBuckets(1, 2, 10),
  });
  return (seconds) => skew.observe(seconds);
}
