import type { Pod, Toleration } from '@typernetes/api/core/v1';
import type { AdmissionPlugin } from '../admission-plugin.ts';
import { targetOf } from '../request-target.ts';

/**
 * How long pods stay on a node that is not ready or unreachable, in seconds: the flags
 * `--default-*-toleration-seconds`.
 */
export interface TolerationSeconds {
  readonly notReady: number;
  readonly unreachable: number;
}

/** Adds tolerations with these seconds to pods without such tolerations. */
export const defaultTolerationSeconds = ({ notReady, unreachable }: TolerationSeconds): AdmissionPlugin => ({
  name: 'DefaultTolerationSeconds',
  concerns: (request) =>
    (request.operation === 'CREATE' || request.operation === 'UPDATE') && targetOf(request) === 'pods',
  admit: ({ object }) => {
    const { spec } = object as Pod;
    const tolerations = spec.tolerations ?? [];
    const added = (
      [
        ['node.kubernetes.io/not-ready', notReady],
        ['node.kubernetes.io/unreachable', unreachable],
      ] as const
    )
      .filter(([key]) => !tolerations.some((one) => tolerates(one, key)))
      .map(
        ([key, tolerationSeconds]): Toleration => ({ key, operator: 'Exists', effect: 'NoExecute', tolerationSeconds }),
      );
    if (added.length > 0) spec.tolerations = [...tolerations, ...added];
  },
});

function tolerates({ key, effect }: Toleration, taint: string): boolean {
  return (key === taint || !key) && (effect === 'NoExecute' || !effect);
}
