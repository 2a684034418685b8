import { forbiddenValue, invalidValue } from '@typernetes/machinery';
import type { Problems } from '../meta/field-checks.ts';
import { everyContainer } from './pod-containers.ts';
import type { PodSpec, SeccompProfile } from './v1.gen.ts';
import { noBacksteps } from './volume-files-validation.ts';

/**
 * Annotations for profiles from before there were fields for them; nothing reads them any more, but they are checked.
 */
const ofPod = 'seccomp.security.alpha.kubernetes.io/pod';
const prefixOfContainer = 'container.seccomp.security.alpha.kubernetes.io/';
const localhost = 'localhost/';
const runtimeDefaults = ['runtime/default', 'docker/default'];

export function* seccompAnnotationProblems(annotations: Readonly<Record<string, string>>, at: string): Problems {
  for (const [key, profile] of Object.entries(annotations)) {
    if (key !== ofPod && !key.startsWith(prefixOfContainer)) continue;
    if (runtimeDefaults.includes(profile) || profile === 'unconfined') continue;
    if (!profile.startsWith(localhost)) yield invalidValue(`${at}.${key}`, profile, 'must be a valid seccomp profile');
    else yield* descendingProblems(profile.slice(localhost.length), `${at}.${key}`);
  }
}

function* descendingProblems(path: string, at: string): Problems {
  if (path.startsWith('/')) yield invalidValue(at, path, 'must be a relative path');
  yield* noBacksteps(path, at);
}

/** Annotations and fields must agree where both are set. `at` is the path of the spec. */
export function* seccompMismatchProblems(
  annotations: Readonly<Record<string, string>> | undefined,
  spec: PodSpec,
  at: string,
): Problems {
  if (!annotations) return;
  yield* mismatch(annotations[ofPod], spec.securityContext?.seccompProfile, `${at}.securityContext.seccompProfile`);
  for (const { container, path } of everyContainer(spec, at)) {
    const said = annotations[`${prefixOfContainer}${container.name}`];
    yield* mismatch(said, container.securityContext?.seccompProfile, `${path}.securityContext.seccompProfile`);
  }
}

function* mismatch(said: string | undefined, field: SeccompProfile | undefined, at: string): Problems {
  if (said === undefined || !field) return;
  const { type, localhostProfile } = field;
  const agrees: Readonly<Record<string, boolean>> = {
    Unconfined: said === 'unconfined',
    RuntimeDefault: runtimeDefaults.includes(said),
    Localhost: said.startsWith(localhost),
  };
  if (agrees[type] === false) yield forbiddenValue(`${at}.type`, 'seccomp type in annotation and field must match');
  else if (type === 'Localhost' && said.slice(localhost.length) !== localhostProfile)
    yield forbiddenValue(`${at}.localhostProfile`, 'seccomp profile in annotation and field must match');
}
