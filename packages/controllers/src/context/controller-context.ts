import type { Clock, Logger, Random, Runnable } from '@typernetes/base';
import type { ApiClient, EventRecorder, Informers, ObserveQueue } from '@typernetes/client';
import type { Metrics } from '@typernetes/process';
import type { ControllerSettings } from './settings.ts';

/** The dependencies of a controller. Informers are shared by all controllers of a process. */
export interface ControllerContext {
  /** Acts as the controller's own service account, if the program is configured so. */
  readonly client: ApiClient;
  readonly informers: Informers;
  /** A recorder of events whose source is `component`. */
  readonly events: (component: string) => EventRecorder;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  readonly settings: ControllerSettings;
  readonly observeQueue?: ObserveQueue | undefined;
  readonly metrics: Metrics;
}

/** One controller: its name in `--controllers`, and how to build it. */
export interface ControllerDefinition {
  readonly name: string;
  /** Runs only when `--controllers` names it. */
  readonly disabledByDefault?: boolean;
  /** The service account in kube-system that it acts as; without one, as upstream, it acts as the program itself. */
  readonly serviceAccount?: string;
  /** Undefined when the settings leave nothing for it to do. */
  build(context: ControllerContext): Runnable | undefined;
}
