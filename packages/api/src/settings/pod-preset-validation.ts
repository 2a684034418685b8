import { type FieldProblem, requiredValue } from '@typernetes/machinery';
import { mountProblems } from '../core/container-validation.ts';
import { envFromProblems, envProblems } from '../core/environment-validation.ts';
import { volumeProblems } from '../core/volume-validation.ts';
import type { Problems } from '../meta/field-checks.ts';
import { labelSelectorProblems } from '../meta/labels-validation.ts';
import type { PodPreset, PodPresetSpec } from './v1alpha1.gen.ts';

/** Rules of the last release that had the kind. Mounts may only name volumes of the preset itself. */
export function validatePodPreset({ spec }: PodPreset): FieldProblem[] {
  return [...specProblems(spec, 'spec')];
}

function* specProblems(spec: PodPresetSpec, at: string): Problems {
  yield* labelSelectorProblems(spec.selector, `${at}.selector`);
  if (!spec.env && !spec.envFrom && !spec.volumeMounts && !spec.volumes)
    yield requiredValue(`${at}.volumes.env.envFrom.volumeMounts`, 'must specify at least one');
  yield* volumeProblems(spec.volumes, `${at}.volumes`);
  yield* envProblems(spec.env, `${at}.env`);
  yield* envFromProblems(spec.envFrom, `${at}.envFrom`);
  const volumes = new Set(spec.volumes?.map(({ name }) => name));
  yield* mountProblems({ volumeMounts: spec.volumeMounts }, { at, volumes });
}
