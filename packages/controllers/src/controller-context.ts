import type { Clock, Logger, Random, Runnable } from '@typernetes/base';
import type { ApiClient, EventRecorder, Informers, ObserveQueue } from '@typernetes/client';
import type { Metrics } from '@typernetes/process';
import type { ControllerSettings } from './settings.ts';

/** What a controller is given. Informers are shared by all controllers of a process. */
export interface ControllerContext {
  /** Acts as the controller's own service account, where the program is told to. */
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

/** One controller: its name, as `--controllers` has it, and how it is made. */
export interface ControllerDefinition {
  readonly name: string;
  /** Runs only when `--controllers` names it. */
  readonly disabledByDefault?: boolean;
  /** The service account in kube-system that it acts as; without one it acts as the program itself, as upstream's does. */
  readonly serviceAccount?: string;
  /** Undefined when the settings leave nothing for it to do. */
  build(context: ControllerContext): Runnable | undefined;
}
