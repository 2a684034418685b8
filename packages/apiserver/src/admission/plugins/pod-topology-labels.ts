import type { Binding, Node, Pod } from '@typernetes/api/core/v1';
import { type ObjectSource, whenFound } from '../../object-source.ts';
import type { AdmissionPlugin } from '../admission-plugin.ts';
import { targetOf } from '../request-target.ts';

const keys = ['topology.kubernetes.io/zone', 'topology.kubernetes.io/region'];

/** Pods carry the zone and region of the node that they are bound to. What they carry already stays. */
export function podTopologyLabels(deps: { readonly nodes: ObjectSource<Node> }): AdmissionPlugin {
  return {
    name: 'PodTopologyLabels',
    concerns: (request) => request.operation === 'CREATE' && ['pods', 'pods/binding'].includes(targetOf(request)),
    admit: ({ object, subresource }) => {
      const written = object as Pod & Binding;
      const isBinding = subresource === 'binding';
      const nodeName = isBinding ? (written.target.kind === 'Node' ? written.target.name : '') : written.spec.nodeName;
      if (!nodeName) return;
      return whenFound(deps.nodes.get(nodeName), (node) => {
        const labels = node?.metadata.labels ?? {};
        for (const key of keys) {
          const value = labels[key];
          if (value === undefined || written.metadata.labels?.[key] !== undefined) continue;
          written.metadata.labels = { ...written.metadata.labels, [key]: value };
        }
      });
    },
  };
}
