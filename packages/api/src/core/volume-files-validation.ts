import { configKeyProblems, invalidValue, requiredValue } from '@typernetes/machinery';
import { oneOf, type Problems, wellFormed } from '../meta/field-checks.ts';
import { resourceFieldProblems } from './environment-validation.ts';
import type { DownwardAPIVolumeFile, KeyToPath } from './v1.gen.ts';

const modeDetail = 'must be a number between 0 and 0777 (octal), both inclusive';
const downwardPaths = [
  'metadata.annotations',
  'metadata.labels',
  'metadata.name',
  'metadata.namespace',
  'metadata.uid',
];

/** Files of a Secret or a ConfigMap. */
export function* fileProblems(files: { defaultMode?: number; items?: readonly KeyToPath[] }, at: string): Problems {
  yield* modeProblems(files.defaultMode, `${at}.defaultMode`);
  yield* itemProblems(files.items, `${at}.items`);
}

export function* itemProblems(items: readonly KeyToPath[] | undefined, at: string): Problems {
  for (const [i, item] of (items ?? []).entries()) {
    yield* wellFormed(item.key, { at: `${at}[${i}].key`, by: configKeyProblems, required: true });
    yield* fileNameProblems(item.path, `${at}[${i}].path`);
    yield* modeProblems(item.mode, `${at}[${i}].mode`);
  }
}

export function* modeProblems(mode: number | undefined, at: string): Problems {
  if (mode != null && (mode < 0 || mode > 0o777)) yield invalidValue(at, mode, modeDetail);
}

/** Upstream reports the volume or the source, not the item. */
export function* downwardProblems(items: readonly DownwardAPIVolumeFile[] | undefined, at: string): Problems {
  for (const item of items ?? []) {
    yield* fileNameProblems(item.path, `${at}.path`);
    if (item.fieldRef) {
      const field = item.fieldRef.fieldPath;
      const known = downwardPaths.includes(field) || /^metadata\.(labels|annotations)\['[^']+'\]$/.test(field);
      if (!known) yield* oneOf(field, { at: `${at}.fieldRef.fieldPath`, of: downwardPaths, required: true });
      if (item.resourceFieldRef) {
        yield invalidValue(at, 'resource', 'fieldRef and resourceFieldRef can not be specified simultaneously');
      }
    } else if (item.resourceFieldRef) {
      const where = `${at}.resourceFieldRef`;
      if (!item.resourceFieldRef.containerName) yield requiredValue(`${where}.containerName`);
      else yield* resourceFieldProblems(item.resourceFieldRef, where);
    } else yield requiredValue(at, 'one of fieldRef and resourceFieldRef is required');
    yield* modeProblems(item.mode, `${at}.mode`);
  }
}

/** Rules for a path below a directory that is not known yet. */
export function* fileNameProblems(path: string, at: string): Problems {
  if (!path) yield requiredValue(at);
  else yield* localPathProblems(path, at);
}

/** The same for an optional path. */
export function* localPathProblems(path: string, at: string): Problems {
  if (path.startsWith('/')) yield invalidValue(at, path, 'must be a relative path');
  yield* noBacksteps(path, at);
  if (path.startsWith('..') && !path.startsWith('../')) yield invalidValue(at, path, "must not start with '..'");
}

export function* noBacksteps(path: string, at: string): Problems {
  if (path.split('/').includes('..')) yield invalidValue(at, path, "must not contain '..'");
}
