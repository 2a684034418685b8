import { isDeepStrictEqual } from 'node:util';
import type { Container, Node, Pod } from '@typernetes/api/core/v1';
import type { ObjectSource } from '../../object-source.ts';
import type { AdmissionPlugin } from '../admission-plugin.ts';
import { refusal, targetOf } from '../request-target.ts';

interface Feature {
  readonly name: string;
  needs(old: Pod, pod: Pod): boolean;
}

/**
 * Features of kubelets that an update of a bound pod may need, by the name under which nodes declare them. Each is also
 * a feature gate.
 */
const features: readonly Feature[] = [
  {
    name: 'InPlacePodLevelResourcesVerticalScaling',
    needs: (old, pod) => !isDeepStrictEqual(old.spec.resources ?? {}, pod.spec.resources ?? {}),
  },
  {
    name: 'InPlacePodVerticalScalingInitContainers',
    needs: (old, pod) =>
      (old.spec.initContainers ?? []).some((container, i) => {
        const next: Container | undefined = pod.spec.initContainers?.[i];
        return (
          container.restartPolicy !== 'Always' && !isDeepStrictEqual(container.resources ?? {}, next?.resources ?? {})
        );
      }),
  },
];

/** A pod on a node is changed only in ways that its node can follow. */
export function nodeDeclaredFeatureValidator(deps: { readonly nodes: ObjectSource<Node> }): AdmissionPlugin {
  return {
    name: 'NodeDeclaredFeatureValidator',
    concerns: (request) => request.operation === 'UPDATE' && ['pods', 'pods/resize'].includes(targetOf(request)),
    validate: async (request) => {
      const [pod, old] = [request.object as Pod, request.oldObject as Pod];
      const { nodeName } = pod.spec;
      if (!nodeName) return;
      const needed = features.filter((feature) => feature.needs(old, pod));
      // Upstream looks up the node on every update; here a pod that needs no feature can be updated while its node is
      // gone.
      if (needed.length === 0) return;
      const node = await deps.nodes.get(nodeName);
      if (!node) throw refusal(request, `node ${JSON.stringify(nodeName)} not found`);
      const declared = node.status?.declaredFeatures ?? [];
      const missing = needed.flatMap(({ name }) => (declared.includes(name) ? [] : [name]));
      if (missing.length > 0)
        throw refusal(
          request,
          `pod update requires features ${missing.join(', ')} which are not available on node ${JSON.stringify(nodeName)}`,
        );
    },
  };
}
