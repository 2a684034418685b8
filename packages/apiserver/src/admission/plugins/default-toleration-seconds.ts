import type { Pod, Toleration } from '@typernetes/api/core/v1';
import type { AdmissionPlugin } from '../admission-plugin.ts';
import { targetOf } from '../request-target.ts';

const tolerationSeconds = 300;
const taintKeys = ['node.kubernetes.io/not-ready', 'node.kubernetes.io/unreachable'] as const;

/** Pods stay five minutes on a node that is not ready or out of reach, unless they say otherwise. */
export const defaultTolerationSeconds: AdmissionPlugin = {
  name: 'DefaultTolerationSeconds',
  concerns: (request) =>
    (request.operation === 'CREATE' || request.operation === 'UPDATE') && targetOf(request) === 'pods',
  admit: ({ object }) => {
    const { spec } = object as Pod;
    const tolerations = spec.tolerations ?? [];
    const added = taintKeys
      .filter((key) => !tolerations.some((one) => tolerates(one, key)))
      .map((key): Toleration => ({ key, operator: 'Exists', effect: 'NoExecute', tolerationSeconds }));
    if (added.length > 0) spec.tolerations = [...tolerations, ...added];
  },
};

function tolerates({ key, effect }: Toleration, taint: string): boolean {
  return (key === taint || !key) && (effect === 'NoExecute' || !effect);
}
