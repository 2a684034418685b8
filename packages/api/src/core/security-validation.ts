import { invalidValue, requiredValue, tooLong } from '@typernetes/machinery';
import { oneOf, type Problems } from '../meta/field-checks.ts';
import type { AppArmorProfile, SeccompProfile } from './v1.gen.ts';

/** For profiles of pods and of containers. */
const maxProfileBytes = 4095;

export function* appArmorProblems(profile: AppArmorProfile | undefined, at: string): Problems {
  if (!profile) return;
  const { type, localhostProfile } = profile;
  const path = `${at}.localhostProfile`;
  if (!type) yield requiredValue(`${at}.type`, 'type is required when appArmorProfile is set');
  else yield* oneOf(type, { at: `${at}.type`, of: ['Localhost', 'RuntimeDefault', 'Unconfined'] });
  if (type === 'Localhost') {
    const padded = localhostProfile != null && localhostProfile.trim() !== localhostProfile;
    if (padded) yield invalidValue(path, localhostProfile, 'must not be padded with whitespace');
    else if (!localhostProfile) yield requiredValue(path, 'must be set when AppArmor type is Localhost');
    if (localhostProfile && localhostProfile.length > maxProfileBytes) yield tooLong(path, maxProfileBytes);
  } else if (localhostProfile != null) {
    yield invalidValue(path, localhostProfile, 'can only be set when AppArmor type is Localhost');
  }
}

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
