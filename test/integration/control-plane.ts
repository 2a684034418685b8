import { type Clock, type Runnable, runAll, systemClock, systemRandom } from '@typernetes/base';
import { silentLogger } from '@typernetes/base/testing';
import {
  type ApiClient,
  boundTransport,
  eventRecorder,
  restClient,
  seriesRecorder,
  sharedInformers,
} from '@typernetes/client';
import { type ControllerSettings, defaultSettings, registry } from '@typernetes/controllers';
import { createMetrics, type Metrics } from '@typernetes/process';
import { Scheduler, type SchedulerOptions } from '@typernetes/scheduler';

export interface ControlPlaneOptions {
  readonly settings?: Partial<ControllerSettings>;
  readonly clock?: Clock;
  readonly metrics?: Metrics;
}

/** All controllers, with one client. */
export function controllers(
  api: Pick<ApiClient, 'transport'>,
  { settings, clock = systemClock, metrics = createMetrics() }: ControlPlaneOptions = {},
): Runnable {
  return {
    name: 'controllers',
    async run(signal) {
      const client = restClient(boundTransport(api.transport, signal));
      const informers = sharedInformers({ client, clock, log: silentLogger });
      const events = eventRecorder({ client, component: 'controllers', clock, log: silentLogger, signal });
      const context = {
        client,
        informers,
        events: () => events,
        clock,
        random: systemRandom,
        log: silentLogger,
        settings: { ...defaultSettings, rootCa: 'CA', ...settings },
        metrics,
      };
      const parts = registry.flatMap((definition) => definition.build(context) ?? []);
      await runAll([informers, ...parts], signal);
    },
  };
}

export function scheduler(
  client: ApiClient,
  {
    clock = systemClock,
    metrics = createMetrics(),
    ...options
  }: Pick<ControlPlaneOptions, 'clock' | 'metrics'> & SchedulerOptions = {},
): Runnable {
  return {
    name: 'scheduler',
    async run(signal) {
      const informers = sharedInformers({ client, clock, log: silentLogger });
      const reported = { controller: 'default-scheduler', host: 'test' };
      const events = seriesRecorder({ client, ...reported, clock, log: silentLogger, signal });
      const deps = { client, informers, events: () => events, clock, random: systemRandom, log: silentLogger, metrics };
      await runAll([informers, new Scheduler(options, deps)], signal);
    },
  };
}

/** Runs the parts during `use`; then stops them and waits for them, whatever happens. */
export async function beside(parts: readonly Runnable[], use: () => Promise<void>): Promise<void> {
  const stop = new AbortController();
  const running = runAll(parts, stop.signal);
  try {
    await Promise.race([use(), running.then(() => Promise.reject(new Error('The parts have stopped by themselves')))]);
  } finally {
    stop.abort();
    await running;
  }
}
