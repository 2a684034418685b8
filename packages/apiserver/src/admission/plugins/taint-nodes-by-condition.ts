import type { Node } from '@typernetes/api/core/v1';
import type { AdmissionPlugin } from '../admission-plugin.ts';
import { targetOf } from '../request-target.ts';

const taintKey = 'node.kubernetes.io/not-ready';

/** Taints new nodes, so that they get no pods before they are ready. */
export const taintNodesByCondition: AdmissionPlugin = {
  name: 'TaintNodesByCondition',
  concerns: (request) => request.operation === 'CREATE' && targetOf(request) === 'nodes',
  admit: ({ object }) => {
    const node = object as Node;
    const taints = node.spec?.taints ?? [];
    if (taints.some((taint) => taint.key === taintKey && taint.effect === 'NoSchedule')) return;
    node.spec = { ...node.spec, taints: [...taints, { key: taintKey, effect: 'NoSchedule' }] };
  },
};
