import type { Pod } from '@typernetes/api/core/v1';
import type { PodPreset } from '@typernetes/api/settings/v1alpha1';
import type { EventRecorder, Lister } from '@typernetes/client';
import type { AdmissionPlugin } from '../admission-plugin.ts';
import { matchingPresets, mergePresets } from '../pod-preset-merge.ts';
import { targetOf } from '../request-target.ts';
import { isMirror } from './service-account.ts';

const excludeAnnotation = 'podpreset.admission.kubernetes.io/exclude';

/**
 * Injects the matching presets of the namespace into new pods, as upstream did until v1.19. If presets conflict with
 * the pod or each other, the pod is admitted unchanged, with an event that says why.
 */
export function podPreset(deps: {
  readonly podPresets: Pick<Lister<PodPreset>, 'inNamespace'>;
  events(component: string): EventRecorder;
}): AdmissionPlugin {
  return {
    name: 'PodPreset',
    concerns: (request) => request.operation === 'CREATE' && targetOf(request) === 'pods',
    admit: (request) => {
      const pod = request.object as Pod;
      if (isMirror(pod) || pod.metadata.annotations?.[excludeAnnotation] === 'true') return;
      const presets = matchingPresets(deps.podPresets.inNamespace(request.namespace), pod);
      if (presets.length === 0) return;
      const injection = mergePresets(pod, presets);
      if ('conflicts' in injection) {
        if (request.dryRun) return;
        const names = presets.map(({ metadata }) => metadata.name).join(',');
        const target = { apiVersion: 'v1', kind: 'Pod', metadata: { ...pod.metadata, namespace: request.namespace } };
        const message = `conflict occurred while applying podpresets: ${names} on pod: ${injection.conflicts.join(', ')}`;
        deps.events(`pip ${names}`).event(target, 'Warning', 'PodPresetConflict', message);
        return;
      }
      const { volumes, containers, initContainers, annotations } = injection;
      if (volumes.length > 0) pod.spec.volumes = volumes;
      pod.spec.containers = containers;
      if (initContainers.length > 0) pod.spec.initContainers = initContainers;
      pod.metadata.annotations = { ...pod.metadata.annotations, ...annotations };
    },
  };
}
