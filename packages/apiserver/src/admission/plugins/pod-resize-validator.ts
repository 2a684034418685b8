import { podRequests } from '@typernetes/api';
import type { Node, Pod } from '@typernetes/api/core/v1';
import { milliValue, StatusError, wholeValue } from '@typernetes/machinery';
import type { ObjectSource } from '../../object-source.ts';
import type { AdmissionPlugin, AdmissionRequest } from '../admission-plugin.ts';
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
      // A node that has not reported its operating system yet counts as Linux.
      const os = node.metadata.labels?.['kubernetes.io/os'] ?? 'linux';
      if (os !== 'linux') {
        const where = `node ${JSON.stringify(nodeName)} is ${JSON.stringify(os)}`;
        throw refusedFor(request, 'UnsupportedPlatform', `pod resize is only supported on linux nodes, ${where}`);
      }
      const { cpu, memory } = podRequests(pod.spec);
      const { cpu: freeCpu = '0', memory: freeMemory = '0' } = node.status?.allocatable ?? {};
      const asked = [
        ['cpu', cpu ? milliValue(cpu) : 0, milliValue(freeCpu)],
        ['memory', memory ? wholeValue(memory) : 0, wholeValue(freeMemory)],
      ] as const;
      const short = asked
        .filter(([, requested, allocatable]) => requested > allocatable)
        .map(([name, requested, allocatable]) => `${name}, requested: ${requested}, allocatable: ${allocatable}`);
      if (short.length === 0) return;
      throw refusedFor(request, 'NodeCapacity', `node didn't have enough allocatable resources: ${short.join('; ')}`);
    },
  };
}

/** Autoscalers read the cause: whether another size may do, or none. */
function refusedFor(request: AdmissionRequest, cause: string, why: string): StatusError {
  const { message, details } = refusal(request, why);
  return new StatusError('Forbidden', message, { details: { ...details, causes: [{ reason: cause }] } });
}
