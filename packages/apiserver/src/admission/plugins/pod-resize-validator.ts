import { podRequests } from '@typernetes/api';
import type { Node, Pod } from '@typernetes/api/core/v1';
import { milliValue, wholeValue } from '@typernetes/machinery';
import type { ObjectSource } from '../../object-source.ts';
import type { AdmissionPlugin } from '../admission-plugin.ts';
import { refusal, targetOf } from '../request-target.ts';

/** A running pod grows only to what its node could ever give, and only on Linux. */
export function podResizeValidator(deps: { readonly nodes: ObjectSource<Node> }): AdmissionPlugin {
  return {
    name: 'PodResizeValidator',
    concerns: (request) => request.operation === 'UPDATE' && targetOf(request) === 'pods/resize',
    validate: async (request) => {
      const [pod, old] = [request.object as Pod, request.oldObject as Pod];
      const { nodeName } = pod.spec;
      if (!nodeName || pod.metadata.generation === old.metadata.generation) return;
      const node = await deps.nodes.get(nodeName);
      if (!node) throw refusal(request, `node ${JSON.stringify(nodeName)} not found`);
      const { cpu, memory } = podRequests(pod.spec);
      const { cpu: freeCpu = '0', memory: freeMemory = '0' } = node.status?.allocatable ?? {};
      const asked = [
        ['cpu', cpu ? milliValue(cpu) : 0, milliValue(freeCpu)],
        ['memory', memory ? wholeValue(memory) : 0, wholeValue(freeMemory)],
      ] as const;
      const short = asked
        .filter(([, requested, allocatable]) => requested > allocatable)
        .map(([name, requested, allocatable]) => `${name}, requested: ${requested}, allocatable: ${allocatable}`);
      if (short.length > 0)
        throw refusal(request, `Node didn't have enough allocatable resources: ${short.join('; ')}`);
      const os = node.metadata.labels?.['kubernetes.io/os'] ?? '';
      if (os !== 'linux')
        throw refusal(
          request,
          `pod resize is only supported on linux nodes, node ${JSON.stringify(nodeName)} is ${JSON.stringify(os)}`,
        );
    },
  };
}
