import { invalidValue, requiredValue } from '@typernetes/machinery';
import { oneOf, type Problems } from '../meta/field-checks.ts';
import type { SeccompProfile } from './v1.gen.ts';

/** Of pods and of containers. */
export function* seccompProblems(profile: SeccompProfile | undefined, at: string): Problems {
  if (!profile) return;
  if (!profile.type) yield requiredValue(`${at}.type`, 'type is required when seccompProfile is set');
  else yield* oneOf(profile.type, { at: `${at}.type`, of: ['Localhost', 'RuntimeDefault', 'Unconfined'] });
  if (profile.type === 'Localhost') {
    if (!profile.localhostProfile) {
      yield requiredValue(`${at}.localhostProfile`, 'must be set when seccomp type is Localhost');
    }
  } else if (profile.localhostProfile != null) {
    const detail = 'can only be set when seccomp type is Localhost';
    yield invalidValue(`${at}.localhostProfile`, profile.localhostProfile, detail);
  }
}
