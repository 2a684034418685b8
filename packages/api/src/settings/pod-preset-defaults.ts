import { defaultEnv } from '../core/container-defaults.ts';
import { defaultVolume } from '../core/volume-defaults.ts';
import type { PodPreset, PodPresetSpec } from './v1alpha1.gen.ts';

/** Sets the defaults that the preset's parts would have in a pod, so that the two compare equal. */
export function defaultPodPreset(preset: PodPreset): void {
  preset.spec ??= {} as PodPresetSpec;
  defaultEnv(preset.spec.env);
  for (const volume of preset.spec.volumes ?? []) defaultVolume(volume);
}
