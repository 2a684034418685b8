import type { Taint, Toleration } from './v1.gen.ts';

/** Whether a pod with this toleration may ignore the taint. An empty key tolerates all keys, an empty effect all effects. */
export function tolerates(toleration: Toleration, taint: Taint): boolean {
  if (toleration.effect && toleration.effect !== taint.effect) return false;
  if (toleration.key && toleration.key !== taint.key) return false;
  switch (toleration.operator ?? 'Equal') {
    case 'Exists':
      return true;
    case 'Equal':
      return (toleration.value ?? '') === (taint.value ?? '');
    default:
      return comparesTo(toleration, taint);
  }
}

/** `Gt`: the taint's number is greater than the toleration's. */
function comparesTo(toleration: Toleration, taint: Taint): boolean {
  const integer = /^(?:0|-?[1-9]\d*)$/;
  const [wanted, actual] = [toleration.value ?? '', taint.value ?? ''];
  if (!integer.test(wanted) || !integer.test(actual)) return false;
  return toleration.operator === 'Gt' ? BigInt(actual) > BigInt(wanted) : BigInt(actual) < BigInt(wanted);
}

/** Whether any of the tolerations tolerates the taint. */
export function toleratesTaint(tolerations: readonly Toleration[] | undefined, taint: Taint): boolean {
  return tolerations?.some((toleration) => tolerates(toleration, taint)) ?? false;
}

/** The first taint with one of the given effects that no toleration tolerates. */
export function untoleratedTaint(
  taints: readonly Taint[] | undefined,
  tolerations: readonly Toleration[] | undefined,
  effects: readonly Taint['effect'][] = ['NoSchedule', 'NoExecute'],
): Taint | undefined {
  return taints?.find((taint) => effects.includes(taint.effect) && !toleratesTaint(tolerations, taint));
}
