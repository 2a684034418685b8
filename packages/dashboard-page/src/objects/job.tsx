import type { CronJob, Job } from '@typernetes/api/batch/v1';
import { Age, Fact } from '../views/marks.tsx';

export const JobFacts = ({ job: { spec, status = {} } }: { readonly job: Job }) => (
  <dl class="facts">
    <Fact name="Completions">
      {status.succeeded ?? 0} of {spec?.completions ?? spec?.parallelism ?? 1}
    </Fact>
    <Fact name="Active">{status.active}</Fact>
    <Fact name="Failed">{status.failed}</Fact>
    <Fact name="Tries">{spec?.backoffLimit}</Fact>
    <Fact name="Begun">{status.startTime}</Fact>
    <Fact name="Completed">{status.completionTime}</Fact>
    <Fact name="Images">{spec?.template?.spec?.containers?.map(({ image }) => image).join(', ')}</Fact>
  </dl>
);

export const CronJobFacts = ({ cronJob: { spec, status = {} } }: { readonly cronJob: CronJob }) => (
  <dl class="facts">
    <Fact name="Schedule">
      {spec?.schedule} {spec?.timeZone ?? ''}
    </Fact>
    <Fact name="Concurrency">{spec?.concurrencyPolicy}</Fact>
    <Fact name="Last run">{status.lastScheduleTime ? <Age time={status.lastScheduleTime} /> : 'none yet'}</Fact>
    <Fact name="Last success">{status.lastSuccessfulTime ? <Age time={status.lastSuccessfulTime} /> : null}</Fact>
  </dl>
);
