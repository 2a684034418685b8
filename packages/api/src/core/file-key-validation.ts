import { envVarNameProblems, invalidValue, notFoundValue, requiredValue } from '@typernetes/machinery';
import type { Problems } from '../meta/field-checks.ts';
import type { Container, PodSpec } from './v1.gen.ts';
import { fileNameProblems } from './volume-files-validation.ts';

/** Rules for variables that are read from files in the pod's emptyDir volumes. */
export function* fileKeyProblems({ env }: Container, at: string, volumes: PodSpec['volumes'] = []): Problems {
  for (const [i, { valueFrom }] of (env ?? []).entries()) {
    const from = valueFrom?.fileKeyRef;
    if (!from) continue;
    const path = `${at}.env[${i}].valueFrom.fileKeyRef`;
    if (!from.key) yield requiredValue(`${path}.key`);
    else for (const detail of envVarNameProblems(from.key)) yield invalidValue(`${path}.key`, from.key, detail);
    if (!from.volumeName) yield requiredValue(`${path}.volumeName`);
    yield* fileNameProblems(from.path, `${path}.path`);
    if (!from.volumeName) continue;
    const volume = volumes.find(({ name }) => name === from.volumeName);
    if (!volume) yield notFoundValue(`${path}.volumeName`, from.volumeName);
    else if (!volume.emptyDir)
      yield invalidValue(`${path}.volumeName`, from.volumeName, 'referenced volume must be of type emptyDir');
  }
}
