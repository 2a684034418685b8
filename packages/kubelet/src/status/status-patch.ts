import type { Pod, PodStatus } from '@typernetes/api/core/v1';
import { jsonEqual } from '@typernetes/machinery';

type Fields = Readonly<Record<string, unknown>>;

/** Lists that strategic merge patches join by key: a new list must ask to replace the old one. */
const joined = new Set(['podIPs', 'hostIPs']);

/**
 * The strategic merge patch that turns the status `from` into `to`; undefined when there is nothing to change. Conditions of others
 * (readiness gates, the disruption target) are left alone. The uid guards against a new pod of the same name.
 */
export function statusPatch(uid: string, from: PodStatus | undefined, to: PodStatus): object | undefined {
  const before = (from ?? {}) as Fields;
  const after = to as Fields;
  const status: Record<string, unknown> = {};
  for (const key of new Set([...Object.keys(before), ...Object.keys(after)])) {
    if (key === 'conditions' || jsonEqual(before[key], after[key])) continue;
    if (!(key in after)) {
      if (owned.has(key)) status[key] = null;
    } else if (joined.has(key) && before[key] !== undefined) {
      status[key] = [...(after[key] as unknown[]), { $patch: 'replace' }];
    } else status[key] = after[key];
  }
  const conditions = (to.conditions ?? []).filter((condition) => {
    const old = from?.conditions?.find(({ type }) => type === condition.type);
    return !jsonEqual(old, condition);
  });
  const gone = (from?.conditions ?? []).filter(
    ({ type }) => passing.has(type) && !to.conditions?.some((condition) => condition.type === type),
  );
  if (conditions.length + gone.length > 0) {
    status.conditions = [
      ...conditions.map((condition) => ({ reason: null, message: null, ...condition })),
      ...gone.map(({ type }) => ({ $patch: 'delete', type })),
    ];
  }
  return Object.keys(status).length > 0 ? { metadata: { uid }, status } : undefined;
}

/** Conditions of ours that are removed when they no longer hold. */
const passing: ReadonlySet<string> = new Set(['PodResizePending', 'PodResizeInProgress']);

/** Fields that the kubelet removes when it no longer reports them. */
const owned: ReadonlySet<string> = new Set<keyof NonNullable<Pod['status']>>([
  'reason',
  'message',
  'podIP',
  'podIPs',
  'initContainerStatuses',
  'ephemeralContainerStatuses',
]);
