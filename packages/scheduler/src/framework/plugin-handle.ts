import type { Pod } from '@typernetes/api/core/v1';
import type { Clock, Logger, Random } from '@typernetes/base';
import type { ActionRecorder, ApiClient, Informers } from '@typernetes/client';
import type { Candidate } from './candidate.ts';

/** The parts of the scheduler that plugins may use. */
export interface PluginHandle {
  readonly client: ApiClient;
  /** Ask for informers when the plugin is made: they start with the scheduler. */
  readonly informers: Informers;
  readonly events: ActionRecorder;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  /** Pods that are nominated to a node: room was made for them there. */
  nominatedOn(node: string): readonly Pod[];
  withdrawNomination(pod: Pod): void;
  /** Tries a waiting pod at once. */
  activate(uid: string): void;
  /** `plugin` no longer holds a waiting pod back. */
  ungate(uid: string, plugin: string): void;
  /** Takes the place of a pod away that is assigned but not bound yet. False when it is bound already. */
  reject(uid: string, reason: string): boolean;
  /** Lets external programs veto places where room could be made; undefined: there are none. */
  vetCandidates?(pod: Pod, candidates: readonly Candidate[]): Promise<readonly Candidate[]> | undefined;
  /** Called when preemption is tried, and with the number of victims when room is made. */
  preempted?(victims: number): void;
  /** Room was made, or could not be. */
  madeRoom?(seconds: number, result: 'success' | 'error'): void;
  preemptionTried?(): void;
}
