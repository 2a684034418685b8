import { FakeClock, silentLogger } from '@typernetes/base/testing';
import { type ApiClient, sharedInformers } from '@typernetes/client';
import { FakeApi, RecordedEvents } from '@typernetes/client/testing';
import { createMetrics, type Metrics } from '@typernetes/process';
import type { ControllerContext, ControllerDefinition } from '../context/controller-context.ts';
import { type ControllerSettings, defaultSettings } from '../context/settings.ts';

/** A controller at work on an API server in memory. */
export interface ControllerUnderTest {
  readonly api: FakeApi;
  readonly clock: FakeClock;
  readonly events: RecordedEvents;
  readonly metrics: Metrics;
  /** Waits until nothing moves any more at this point in time. */
  settle(): Promise<void>;
}

export interface RunOptions {
  readonly settings?: Partial<ControllerSettings>;
  /** Fills the server before the controller starts. */
  readonly prepare?: (api: FakeApi) => Promise<unknown>;
  /** The controller's client; default: a direct one. */
  readonly client?: (api: FakeApi) => ApiClient;
}

/** Runs a controller while `use` runs, then stops it. Whatever it leaves running fails the test by never ending. */
export async function runController(
  definition: ControllerDefinition,
  use: (under: ControllerUnderTest) => Promise<void>,
  { settings, prepare, client: reach = (api) => api }: RunOptions = {},
): Promise<void> {
  const clock = new FakeClock();
  const api = new FakeApi({ clock });
  const random = { next: () => 0.5 };
  const events = new RecordedEvents();
  await prepare?.(api);
  const client = reach(api);
  const informers = sharedInformers({ client, clock, random, log: silentLogger });
  const metrics = createMetrics();
  const context: ControllerContext = {
    client,
    informers,
    events: () => events,
    clock,
    random,
    log: silentLogger,
    settings: { ...defaultSettings, ...settings },
    metrics,
  };
  const controller = definition.build(context);
  if (!controller) throw new Error(`Cannot test controller "${definition.name}": its settings disable it`);
  const stop = new AbortController();
  const running = Promise.all([informers.run(stop.signal), controller.run(stop.signal).catch(ignoreStop(stop.signal))]);
  const settle = async (): Promise<void> => {
    for (let quiet = 0, last = -1; quiet < 20; quiet++) {
      if (api.revision !== last) quiet = 0;
      last = api.revision;
      await new Promise((resolve) => setImmediate(resolve));
    }
  };
  try {
    await settle();
    await use({ api, clock, events, metrics, settle });
  } finally {
    stop.abort();
    await running;
  }
}

function ignoreStop(signal: AbortSignal): (error: unknown) => void {
  return (error) => {
    if (!signal.aborted) throw error;
  };
}
