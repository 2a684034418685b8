import { forbiddenValue, invalidValue, keyPath } from '@typernetes/machinery';
import type { Problems } from '../meta/field-checks.ts';
import { everyContainer } from './pod-containers.ts';
import type { AppArmorProfile, Pod, PodSpec } from './v1.gen.ts';

/** The annotation for a container's profile from before there were fields for it. */
export const appArmorPrefix = 'container.apparmor.security.beta.kubernetes.io/';
const localhost = 'localhost/';

/** Profiles in annotations must name existing containers. */
export function* appArmorProblemsOf(
  annotations: Readonly<Record<string, string>>,
  spec: Pick<PodSpec, 'containers' | 'initContainers' | 'ephemeralContainers'>,
  at: string,
): Problems {
  for (const [key, profile] of Object.entries(annotations)) {
    if (!key.startsWith(appArmorPrefix)) continue;
    const path = keyPath(at, key);
    const name = key.slice(appArmorPrefix.length);
    if (![...everyContainer(spec)].some(({ container }) => container.name === name))
      yield invalidValue(path, name, 'container not found');
    if (profile !== '' && !profileOf(profile))
      yield invalidValue(path, profile, `invalid AppArmor profile name: ${JSON.stringify(profile)}`);
  }
}

/** For a new pod: annotations must agree with the fields. */
export function* appArmorMismatchProblems({ metadata: { annotations }, spec }: Pod): Problems {
  if (annotations && spec.os?.name !== 'windows') yield* mismatchProblems(annotations, spec);
}

function* mismatchProblems(annotations: Readonly<Record<string, string>>, spec: PodSpec): Problems {
  for (const { container, path } of everyContainer(spec)) {
    const said = profileOf(annotations[`${appArmorPrefix}${container.name}`] ?? '');
    const field = container.securityContext?.appArmorProfile;
    if (!said || !field) continue;
    const at = `${path}.securityContext.appArmorProfile`;
    if (field.type !== said.type)
      yield forbiddenValue(`${at}.type`, 'apparmor type in annotation and field must match');
    else if (said.localhostProfile !== undefined && field.localhostProfile !== said.localhostProfile)
      yield forbiddenValue(`${at}.localhostProfile`, 'apparmor profile in annotation and field must match');
  }
}

function profileOf(text: string): AppArmorProfile | undefined {
  if (text === 'runtime/default') return { type: 'RuntimeDefault' };
  if (text === 'unconfined') return { type: 'Unconfined' };
  return text.startsWith(localhost) ? { type: 'Localhost', localhostProfile: text.slice(localhost.length) } : undefined;
}
