import { defaultEnv } from '../core/container-defaults.ts';
import { defaultVolume } from '../core/volume-defaults.ts';
import type { PodPreset, PodPresetSpec } from './v1alpha1.gen.ts';

/** What a preset adds gets the defaults that it would have in a pod: so both compare equal. */
export function defaultPodPreset(preset: PodPreset): void {
  preset.spec ??= {} as PodPresetSpec;
  defaultEnv(preset.spec.env);
  for (const volume of preset.spec.volumes ?? []) defaultVolume(volume);
}
