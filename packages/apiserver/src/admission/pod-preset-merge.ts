import type { Container, EnvFromSource, EnvVar, Pod, Volume, VolumeMount } from '@typernetes/api/core/v1';
import type { PodPreset } from '@typernetes/api/settings/v1alpha1';
import { jsonEqual, selectorFromObject } from '@typernetes/machinery';

const annotationPrefix = 'podpreset.admission.kubernetes.io/podpreset-';

/** The fields to set in the pod, or why nothing may be set. */
type Injection =
  | { readonly conflicts: readonly string[] }
  | {
      readonly volumes: Volume[];
      readonly containers: Container[];
      readonly initContainers: Container[];
      readonly annotations: Readonly<Record<string, string>>;
    };

/** The presets whose selector matches, in the order of their names. An empty selector matches every pod. */
export function matchingPresets(presets: readonly PodPreset[], { metadata }: Pod): PodPreset[] {
  return presets
    .filter(({ spec }) => selectorFromObject(spec.selector ?? {}).matches(metadata.labels))
    .sort((a, b) => (a.metadata.name < b.metadata.name ? -1 : 1));
}

/**
 * Merges all of `presets` into a pod, without changing either. Values of the same name must be equal; a single conflict
 * prevents the whole injection.
 */
export function mergePresets({ spec }: Pod, presets: readonly PodPreset[]): Injection {
  const conflicts: string[] = [];
  const merged = (container: Container): Container => ({
    ...container,
    ...given(
      'env',
      mergeByName<EnvVar>(container.env, presets, { what: 'env', of: (preset) => preset.env, conflicts }),
    ),
    ...given('envFrom', mergeEnvFrom(container.envFrom, presets, conflicts)),
    ...given('volumeMounts', mergeMounts(container.volumeMounts, presets, conflicts)),
  });
  const volumes = mergeByName<Volume>(spec.volumes, presets, {
    what: 'volumes',
    of: (preset) => preset.volumes,
    conflicts,
  });
  const initContainers = (spec.initContainers ?? []).map(merged);
  const containers = spec.containers.map(merged);
  if (conflicts.length > 0) return { conflicts: [...new Set(conflicts)] };
  const annotations = Object.fromEntries(
    presets.map(({ metadata }) => [`${annotationPrefix}${metadata.name}`, metadata.resourceVersion ?? '']),
  );
  return { volumes, initContainers, containers, annotations };
}

const given = <K extends string, T>(key: K, list: readonly T[]): Partial<Record<K, T[]>> =>
  list.length > 0 ? ({ [key]: [...list] } as Record<K, T[]>) : {};

interface ByName<T> {
  readonly what: string;
  readonly of: (spec: PodPreset['spec']) => readonly T[] | undefined;
  readonly conflicts: string[];
}

function mergeByName<T extends { readonly name: string }>(
  own: readonly T[] | undefined,
  presets: readonly PodPreset[],
  { what, of, conflicts }: ByName<T>,
): T[] {
  const merged = [...(own ?? [])];
  const known = new Map(merged.map((one) => [one.name, one]));
  for (const { metadata, spec } of presets) {
    for (const one of of(spec) ?? []) {
      const found = known.get(one.name);
      if (!found) {
        const copy = structuredClone(one);
        known.set(one.name, copy);
        merged.push(copy);
      } else if (!jsonEqual(found, one)) conflicts.push(conflictOf(metadata.name, what, one.name, one, found));
    }
  }
  return merged;
}

/** Mounts clash by the volume they mount and by the path they are mounted at. */
function mergeMounts(
  own: readonly VolumeMount[] | undefined,
  presets: readonly PodPreset[],
  conflicts: string[],
): VolumeMount[] {
  const merged = mergeByName(own, presets, { what: 'volume mounts', of: (spec) => spec.volumeMounts, conflicts });
  const byPath = new Map((own ?? []).map((mount) => [mount.mountPath, mount]));
  for (const { metadata, spec } of presets) {
    for (const mount of spec.volumeMounts ?? []) {
      const found = byPath.get(mount.mountPath);
      if (!found) byPath.set(mount.mountPath, mount);
      else if (!jsonEqual(found, mount))
        conflicts.push(conflictOf(metadata.name, 'volume mounts', `mount path ${mount.mountPath}`, mount, found));
    }
  }
  return merged;
}

function mergeEnvFrom(
  own: readonly EnvFromSource[] | undefined,
  presets: readonly PodPreset[],
  conflicts: string[],
): EnvFromSource[] {
  const keyOf = ({ prefix = '', configMapRef, secretRef }: EnvFromSource): string =>
    JSON.stringify([prefix, configMapRef?.name ?? '', secretRef?.name ?? '']);
  const merged = [...(own ?? [])];
  const known = new Map(merged.map((source) => [keyOf(source), source]));
  for (const { metadata, spec } of presets) {
    for (const source of spec.envFrom ?? []) {
      const found = known.get(keyOf(source));
      if (!found) merged.push(structuredClone(source));
      else if (!jsonEqual(found, source)) conflicts.push(conflictOf(metadata.name, 'envFrom', '', source, found));
    }
  }
  return merged;
}

function conflictOf(preset: string, what: string, on: string, wanted: unknown, found: unknown): string {
  const where = on === '' ? '' : ` on ${on}`;
  const scope = what === 'volumes' ? '' : ' in container';
  return `merging ${what} for ${preset} has a conflict${where}: ${JSON.stringify(wanted)} does not match ${JSON.stringify(found)}${scope}`;
}
