/** The common part of all kinds' conditions. */
export interface ConditionLike {
  readonly type: string;
  readonly status: string;
  readonly reason?: string;
  readonly message?: string;
  readonly lastTransitionTime?: string | null;
}

export function findCondition<C extends ConditionLike>(
  conditions: readonly C[] | null | undefined,
  type: C['type'],
): C | undefined {
  return conditions?.find((condition) => condition.type === type);
}

export function isConditionTrue(conditions: readonly ConditionLike[] | null | undefined, type: string): boolean {
  return findCondition(conditions, type)?.status === 'True';
}

/**
 * The list with `condition` set. The transition time stays if the status does not change, and otherwise is `now` unless
 * the condition has one.
 */
export function withCondition<C extends ConditionLike>(
  conditions: readonly C[] | null | undefined,
  condition: C,
  options: { now: string },
): C[] {
  const list = conditions ?? [];
  const current = findCondition(list, condition.type);
  const lastTransitionTime =
    current?.status === condition.status ? current.lastTransitionTime : (condition.lastTransitionTime ?? options.now);
  const next = { ...condition, lastTransitionTime };
  return current === undefined
    ? [...list, next]
    : list.map((existing) => (existing.type === condition.type ? next : existing));
}

export function withoutCondition<C extends ConditionLike>(
  conditions: readonly C[] | null | undefined,
  type: string,
): C[] {
  return (conditions ?? []).filter((condition) => condition.type !== type);
}
