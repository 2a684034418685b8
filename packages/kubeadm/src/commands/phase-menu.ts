import type { PhaseHelp } from '../phase.ts';

/** A phase as help texts see it. */
export interface PhaseOutline {
  readonly name: string;
  readonly short: string;
  readonly hidden?: boolean;
  readonly help?: PhaseHelp;
  readonly phases?: readonly PhaseOutline[];
}

/** The phases that can be run alone, with the flags of each. */
export interface PhaseMenu {
  readonly phases: readonly PhaseOutline[];
  readonly flags: Readonly<Record<string, readonly string[]>>;
  /** The arguments of a phase that takes this flag. */
  readonly argument?: { readonly shown: string; readonly with: string };
}
