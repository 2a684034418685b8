import type { Clock } from '@typernetes/base';
import type { Installation } from './installation.ts';

export interface MachineContext {
  readonly installation: Installation;
  readonly clock: Clock;
  /** Writes a line about each step that takes longer than a moment. */
  readonly report: (line: string) => void;
}
