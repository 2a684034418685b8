import type { Pod } from '@typernetes/api/core/v1';
import type { Clock, Logger, Random } from '@typernetes/base';
import type { ApiClient, EventRecorder, Informers } from '@typernetes/client';
import type { Candidate } from './candidate.ts';

/** The parts of the scheduler that plugins may use. */
export interface PluginHandle {
  readonly client: ApiClient;
  /** Ask for informers when the plugin is made: they start with the scheduler. */
  readonly informers: Informers;
  readonly events: EventRecorder;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  /** Pods that room was made for on a node. */
  nominatedOn(node: string): readonly Pod[];
  withdrawNomination(pod: Pod): void;
  /** A waiting pod shall be tried at once. */
  activate(uid: string): void;
  /** A waiting pod is not kept back by `plugin` any more. */
  ungate(uid: string, plugin: string): void;
  /** A pod that is decided but not bound yet gives its place up. False when it is bound already. */
  reject(uid: string, reason: string): boolean;
  /** Lets external programs veto places where room could be made; undefined: there are none. */
  vetCandidates?(pod: Pod, candidates: readonly Candidate[]): Promise<readonly Candidate[]> | undefined;
  /** Called when preemption is tried, and with the number of victims when room is made. */
  preempted?(victims: number): void;
  /** Room was made, or could not be. */
  madeRoom?(seconds: number, result: 'success' | 'error'): void;
  preemptionTried?(): void;
}
