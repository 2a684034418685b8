import { type PodPreset, podpresets } from '@typernetes/api/settings/v1alpha1';
import { validatePodPreset } from '@typernetes/api/validation';
import { serve } from '../serve.ts';
import type { ServedResource } from '../served-resource.ts';
import type { Strategy } from '../strategy.ts';

const podPresetStrategy: Strategy<PodPreset> = {
  // As in upstream, a preset is never changed, only replaced.
  prepareForUpdate: (next, current) => {
    next.spec = current.spec;
  },
  validate: validatePodPreset,
  validateUpdate: validatePodPreset,
};

export const settingsResources: readonly ServedResource[] = [serve(podpresets, { strategy: podPresetStrategy })];
