import type { AdmissionPlugin, AdmissionRequest } from '../admission/admission-plugin.ts';
import { runsAgain } from '../admission/reinvocation.ts';

/** Mutating admission: may change the request's object in place. */
export async function admit(plugins: readonly AdmissionPlugin[], request: AdmissionRequest): Promise<void> {
  do {
    for (const plugin of plugins) {
      const pending = plugin.admit && plugin.handles(request) ? plugin.admit(request) : undefined;
      if (pending) await pending;
    }
  } while (runsAgain(request));
}

/** Validating admission: the last word before the store. */
export async function validateAdmission(plugins: readonly AdmissionPlugin[], request: AdmissionRequest): Promise<void> {
  for (const plugin of plugins) {
    const pending = plugin.validate && plugin.handles(request) ? plugin.validate(request) : undefined;
    if (pending) await pending;
  }
}

/** Both, for a write to something that is not stored as it is written: a token request, an eviction. */
export async function admitAnswered(plugins: readonly AdmissionPlugin[], request: AdmissionRequest): Promise<void> {
  await admit(plugins, request);
  await validateAdmission(plugins, request);
}
