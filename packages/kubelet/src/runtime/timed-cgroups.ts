import type { Clock } from '@typernetes/base';
import type { WorkObserver } from '../metrics/work-metrics.ts';
import type { Cgroups } from './cgroups.ts';

const operations = { create: 'create', resize: 'update', remove: 'destroy' } as const;

/** Has `observer` told how long groups of pods take to be made, changed and removed. */
export function timeCgroups(
  cgroups: Cgroups,
  observer: Pick<WorkObserver, 'cgroup'>,
  clock: Pick<Clock, 'monotonic'>,
): void {
  const timed =
    <A extends unknown[]>(operation: Parameters<WorkObserver['cgroup']>[0], act: (...args: A) => Promise<void>) =>
    async (...args: A): Promise<void> => {
      const startedAt = clock.monotonic();
      try {
        await act(...args);
      } finally {
        observer.cgroup(operation, (clock.monotonic() - startedAt) / 1000);
      }
    };
  Object.assign(cgroups, {
    create: timed(operations.create, cgroups.create.bind(cgroups)),
    resize: timed(operations.resize, cgroups.resize.bind(cgroups)),
    remove: timed(operations.remove, cgroups.remove.bind(cgroups)),
  });
}
