import type { HealthCheck, HealthEndpoints } from './health.ts';
import { createMetrics } from './metrics.ts';

/** `/metrics/slis`: how health checks ended, whenever somebody asked for them. */
export interface SliMetrics {
  /** The same endpoints, with metrics about their checks. */
  observed(endpoints: HealthEndpoints): HealthEndpoints;
  render(): string;
}

/** Under upstream's names, in a separate registry, since they are scraped far more often than the others. */
export function sliMetrics(): SliMetrics {
  const metrics = createMetrics();
  const state = metrics.gauge('kubernetes_healthcheck', {
    help: 'This metric records the result of a single healthcheck.',
    stability: 'STABLE',
    labels: ['name', 'type'],
  });
  const total = metrics.counter('kubernetes_healthchecks_total', {
    help: 'This metric records the results of all healthcheck.',
    stability: 'STABLE',
    labels: ['name', 'status', 'type'],
  });
  const report = (name: string, type: string, passed: boolean): void => {
    state.set(passed ? 1 : 0, [name, type]);
    total.add([name, passed ? 'success' : 'error', type]);
  };
  const watched = ({ check, ...about }: HealthCheck, type: string): HealthCheck => ({
    ...about,
    async check() {
      try {
        await check();
      } catch (error) {
        report(about.name, type, false);
        throw error;
      }
      report(about.name, type, true);
    },
  });
  return {
    observed: (endpoints) =>
      Object.fromEntries(
        Object.entries(endpoints).map(([type, checks]) => [
          type,
          (checks as readonly HealthCheck[]).map((check) => watched(check, type)),
        ]),
      ) as unknown as HealthEndpoints,
    render: () => metrics.render(),
  };
}
