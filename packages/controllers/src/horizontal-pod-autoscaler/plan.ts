import type { HorizontalPodAutoscalerBehavior, HPAScalingRules } from '@typernetes/api/autoscaling/v2';

/** What is remembered about an autoscaler. Times in milliseconds. */
export interface Memory {
  readonly recommendations: readonly { readonly replicas: number; readonly at: number }[];
  /** Past changes, positive ones up. */
  readonly changes: readonly { readonly by: number; readonly at: number }[];
}

export const emptyMemory: Memory = { recommendations: [], changes: [] };

interface Bounds {
  readonly current: number;
  readonly min: number;
  readonly max: number;
  readonly behavior: HorizontalPodAutoscalerBehavior | undefined;
  readonly downscaleStabilizationMs: number;
  readonly now: number;
}

interface ConditionCause {
  readonly reason: string;
  readonly message: string;
}

interface Limited {
  readonly replicas: number;
  readonly memory: Memory;
  /** For the condition AbleToScale. */
  readonly able: ConditionCause;
  /** For the condition ScalingLimited, which is true when `isLimited`. */
  readonly range: ConditionCause;
  readonly isLimited: boolean;
}

const within: ConditionCause = {
  reason: 'DesiredWithinRange',
  message: 'the desired count is within the acceptable range',
};
const tooFew: ConditionCause = {
  reason: 'TooFewReplicas',
  message: 'the desired replica count is less than the minimum replica count',
};
const tooMany: ConditionCause = {
  reason: 'TooManyReplicas',
  message: 'the desired replica count is more than the maximum replica count',
};
const tooFast: ConditionCause = {
  reason: 'ScaleUpLimit',
  message: 'the desired replica count is increasing faster than the maximum scale rate',
};
const tooFastDown: ConditionCause = {
  reason: 'ScaleDownLimit',
  message: 'the desired replica count is decreasing faster than the maximum scale rate',
};
const ready: ConditionCause = { reason: 'ReadyForNewScale', message: 'recommended size matches current size' };
const heldDown: ConditionCause = {
  reason: 'ScaleDownStabilized',
  message: 'recent recommendations were higher than current one, applying the highest recent recommendation',
};
const heldUp: ConditionCause = {
  reason: 'ScaleUpStabilized',
  message: 'recent recommendations were lower than current one, applying the lowest recent recommendation',
};

/** Limits a recommendation: recent ones stabilize it, then rates and bounds limit it. */
export function limit(wanted: number, memory: Memory, bounds: Bounds): Limited {
  const { behavior, current, now, downscaleStabilizationMs } = bounds;
  const seconds = (rules: HPAScalingRules | undefined, otherwise: number): number =>
    rules?.stabilizationWindowSeconds === undefined ? otherwise : rules.stabilizationWindowSeconds * 1000;
  const upMs = behavior ? seconds(behavior.scaleUp, 0) : 0;
  const downMs = behavior ? seconds(behavior.scaleDown, downscaleStabilizationMs) : downscaleStabilizationMs;
  const recent = memory.recommendations.filter(({ at }) => at > now - Math.max(upMs, downMs));
  const since = (ms: number): number[] => recent.filter(({ at }) => at > now - ms).map(({ replicas }) => replicas);
  const lowest = Math.min(wanted, ...since(upMs));
  const highest = Math.max(wanted, ...since(downMs));
  const stabilized = behavior ? Math.min(Math.max(current, lowest), highest) : highest;
  const able = stabilized === wanted ? ready : behavior && wanted >= current ? heldUp : heldDown;
  const { replicas, cause } = behavior
    ? limitRate(stabilized, memory, { ...bounds, behavior })
    : limitPlainly(stabilized, bounds);
  const longest = Math.max(0, ...policiesOf(behavior).map(({ periodSeconds }) => periodSeconds));
  return {
    replicas,
    memory: {
      recommendations: [...recent, { replicas: wanted, at: now }],
      changes: memory.changes.filter(({ at }) => at > now - longest * 1000),
    },
    able,
    range: cause,
    isLimited: replicas !== stabilized,
  };
}

const policiesOf = (behavior: HorizontalPodAutoscalerBehavior | undefined) => [
  ...(behavior?.scaleUp?.policies ?? []),
  ...(behavior?.scaleDown?.policies ?? []),
];

function limitPlainly(wanted: number, { current, min, max }: Bounds): { replicas: number; cause: ConditionCause } {
  const fastest = Math.max(2 * current, 4);
  const [most, cause] = max > fastest ? ([fastest, tooFast] as const) : ([max, tooMany] as const);
  if (wanted < min) return { replicas: min, cause: tooFew };
  return wanted > most ? { replicas: most, cause } : { replicas: wanted, cause: within };
}

function limitRate(
  wanted: number,
  memory: Memory,
  bounds: Bounds & { behavior: HorizontalPodAutoscalerBehavior },
): { replicas: number; cause: ConditionCause } {
  const { current, min, max, behavior } = bounds;
  if (wanted > current) {
    const fastest = Math.max(current, rateLimit(behavior.scaleUp, memory, { ...bounds, sign: 1 }));
    const [most, cause] = max > fastest ? ([fastest, tooFast] as const) : ([max, tooMany] as const);
    if (wanted > most) return { replicas: most, cause };
  } else if (wanted < current) {
    const slowest = Math.min(current, rateLimit(behavior.scaleDown, memory, { ...bounds, sign: -1 }));
    const [least, cause] = min < slowest ? ([slowest, tooFastDown] as const) : ([min, tooFew] as const);
    if (wanted < least) return { replicas: least, cause };
  }
  return { replicas: wanted, cause: within };
}

/** How far the policies let the replicas go, up or down, from their number at the start of each policy's period. */
function rateLimit(
  rules: HPAScalingRules | undefined,
  memory: Memory,
  { current, now, sign }: Bounds & { sign: 1 | -1 },
): number {
  const { policies, selectPolicy = 'Max' } = rules ?? {};
  if (selectPolicy === 'Disabled') return current;
  if (!policies?.length) return sign > 0 ? Number.POSITIVE_INFINITY : 0;
  const proposals = policies.map(({ type, value, periodSeconds }) => {
    const changes = memory.changes.filter(({ at }) => at > now - periodSeconds * 1000);
    const start = current - changes.reduce((sum, { by }) => sum + by, 0);
    if (type === 'Pods') return start + sign * value;
    const scaled = start * (1 + (sign * value) / 100);
    return sign > 0 ? Math.ceil(scaled) : Math.trunc(scaled);
  });
  return (selectPolicy === 'Max') === sign > 0 ? Math.max(...proposals) : Math.min(...proposals);
}
