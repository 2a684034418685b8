import type { PhaseHelp } from '../phase.ts';

/** A phase as help texts see it. */
export interface PhaseOutline {
  readonly name: string;
  readonly short: string;
  readonly hidden?: boolean;
  readonly help?: PhaseHelp;
  readonly phases?: readonly PhaseOutline[];
}

/** The phases that may be run one by one, and the flags that each takes. */
export interface PhaseMenu {
  readonly phases: readonly PhaseOutline[];
  readonly flags: Readonly<Record<string, readonly string[]>>;
  /** What may follow the name of a phase that takes this flag. */
  readonly argument?: { readonly shown: string; readonly with: string };
}
