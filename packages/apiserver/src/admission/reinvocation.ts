import type { AdmissionRequest } from './admission-plugin.ts';

/**
 * Mutating admission runs a second time when a hook or policy changed the object, so that earlier plugins see the
 * change.
 */
export interface Reinvocation {
  /** Set by what changed the object from outside. */
  wanted: boolean;
  /** Whether this is the second run. There is no third. */
  again: boolean;
  /** The state that plugins keep from the first run, by name. */
  readonly states: Map<string, unknown>;
}

const reinvocations = new WeakMap<AdmissionRequest, Reinvocation>();

/** Made on first use: most requests meet no hook. */
export function reinvocationOf(request: AdmissionRequest): Reinvocation {
  let found = reinvocations.get(request);
  if (!found) {
    found = { wanted: false, again: false, states: new Map() };
    reinvocations.set(request, found);
  }
  return found;
}

/** Whether mutating admission has to run again; true once. */
export function runsAgain(request: AdmissionRequest): boolean {
  const found = reinvocations.get(request);
  if (!found?.wanted || found.again) return false;
  found.again = true;
  return true;
}
