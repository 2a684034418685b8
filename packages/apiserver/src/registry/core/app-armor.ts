import type { AppArmorProfile, Pod } from '@typernetes/api/core/v1';
import { appArmorAnnotation, appArmorText } from '@typernetes/api/warnings';
import { jsonEqual } from '@typernetes/machinery';

/**
 * Copies AppArmor profiles from annotations to fields that are unset: pods had only annotations before v1.30. Whoever
 * still writes them gets a warning. Upstream: applyAppArmorVersionSkew.
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
  // A profile that the field does not accept stays in the annotation only.
  return name !== undefined && name.trim() === name && name.length <= 4095
    ? { type: 'Localhost', localhostProfile: name }
    : undefined;
}
