import { podTemplateWarnings } from '../core/pod-warnings.ts';
import type { JobSpec } from './v1.gen.ts';

/** Warnings for the job spec at `at`. Upstream: WarningsForJobSpec. */
export function* jobSpecWarnings(spec: JobSpec | undefined, at: string): Iterable<string> {
  const { completionMode, completions, parallelism, template } = spec ?? {};
  if (completionMode === 'Indexed' && (completions ?? 0) > 100_000 && (parallelism ?? 0) > 10_000)
    yield `${at}: In Indexed Jobs with a number of completions higher than 10^5 and a parallelism higher than 10^4, Kubernetes might not be able to track completedIndexes when a big number of indexes fail`;
  yield* podTemplateWarnings(template, `${at}.template`);
}
