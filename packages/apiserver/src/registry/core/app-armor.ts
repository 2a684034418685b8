import type { AppArmorProfile, Pod } from '@typernetes/api/core/v1';
import { appArmorAnnotation, appArmorText } from '@typernetes/api/warnings';
import { jsonEqual } from '@typernetes/machinery';

/**
 * Annotations say what the containers' profiles are where no field does: the form that pods had before v1.30. Whoever still writes them is
 * told. Upstream: applyAppArmorVersionSkew.
 */
export function takeAppArmorAnnotations({ metadata, spec }: Pod, warn: (text: string) => void): void {
  if (!metadata.annotations || spec.os?.name === 'windows') return;
  const ofPod = spec.securityContext?.appArmorProfile;
  for (const container of [...(spec.initContainers ?? []), ...spec.containers]) {
    const key = appArmorAnnotation + container.name;
    const annotation = metadata.annotations[key];
    if (annotation === undefined || container.securityContext?.appArmorProfile) continue;
    const profile = profileOf(annotation);
    const adds = profile !== undefined && !jsonEqual(profile, ofPod);
    if (adds) container.securityContext = { ...container.securityContext, appArmorProfile: profile };
    if (adds || !profile) warn(`metadata.annotations[${key}]: ${appArmorText}`);
  }
}

/** Undefined for what names no profile. */
function profileOf(annotation: string): AppArmorProfile | undefined {
  if (annotation === 'unconfined') return { type: 'Unconfined' };
  if (annotation === 'runtime/default') return { type: 'RuntimeDefault' };
  const name = /^localhost\/(.+)$/s.exec(annotation)?.[1];
  // A name that the field would not take is left where it is.
  return name !== undefined && name.trim() === name && name.length <= 4095
    ? { type: 'Localhost', localhostProfile: name }
    : undefined;
}
