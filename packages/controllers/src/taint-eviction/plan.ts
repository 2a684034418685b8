import { tolerates } from '@typernetes/api';
import type { Taint, Toleration } from '@typernetes/api/core/v1';

/** How long a pod may stay: milliseconds from the moment its node was tainted, or for ever. */
export function permittedStayMs(tolerations: readonly Toleration[], taints: readonly Taint[]): number {
  let stay = Number.POSITIVE_INFINITY;
  for (const taint of taints) {
    if (taint.effect !== 'NoExecute') continue;
    // The first toleration that matches the taint counts; one without a limit leaves the limit to the other taints
    // (upstream's rule).
    const toleration = tolerations.find((candidate) => tolerates(candidate, taint));
    if (!toleration) return 0;
    if (toleration.tolerationSeconds !== undefined)
      stay = Math.min(stay, Math.max(0, Number(toleration.tolerationSeconds) * 1000));
  }
  return stay;
}
