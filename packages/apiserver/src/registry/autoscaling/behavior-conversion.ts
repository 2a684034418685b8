import type {
  HorizontalPodAutoscalerBehavior,
  HPAScalingPolicy,
  HPAScalingRules,
} from '@typernetes/api/autoscaling/v2';

/**
 * The behavior in the annotation of autoscaling/v1: upstream writes its internal type there, whose members have Go's
 * names, and nulls for unset values.
 */
interface GoRules {
  readonly StabilizationWindowSeconds: number | null;
  readonly SelectPolicy: string | null;
  readonly Policies:
    | readonly { readonly Type: string; readonly Value: number; readonly PeriodSeconds: number }[]
    | null;
}

interface GoBehavior {
  readonly ScaleUp: GoRules | null;
  readonly ScaleDown: GoRules | null;
}

export const behaviorToGo = ({ scaleUp, scaleDown }: HorizontalPodAutoscalerBehavior): GoBehavior => ({
  ScaleUp: rulesToGo(scaleUp),
  ScaleDown: rulesToGo(scaleDown),
});

function rulesToGo(rules: HPAScalingRules | undefined): GoRules | null {
  if (!rules) return null;
  const { stabilizationWindowSeconds, selectPolicy, policies } = rules;
  return {
    StabilizationWindowSeconds: stabilizationWindowSeconds ?? null,
    SelectPolicy: selectPolicy ?? null,
    Policies:
      policies?.map(({ type, value, periodSeconds }) => ({ Type: type, Value: value, PeriodSeconds: periodSeconds })) ??
      null,
  };
}

/** Go's decoder does not look at the case of names: what an older release of ours has written is read as well. */
export function behaviorFromGo(written: object): HorizontalPodAutoscalerBehavior {
  const { scaleup, scaledown } = lowered(written);
  return {
    ...(scaleup ? { scaleUp: rulesFromGo(scaleup) } : {}),
    ...(scaledown ? { scaleDown: rulesFromGo(scaledown) } : {}),
  };
}

function rulesFromGo(written: unknown): HPAScalingRules {
  const { stabilizationwindowseconds, selectpolicy, policies } = lowered(written);
  return {
    ...(typeof stabilizationwindowseconds === 'number'
      ? { stabilizationWindowSeconds: stabilizationwindowseconds }
      : {}),
    ...(typeof selectpolicy === 'string' ? { selectPolicy: selectpolicy as HPAScalingRules['selectPolicy'] } : {}),
    ...(Array.isArray(policies) ? { policies: policies.map(policyFromGo) } : {}),
  } as HPAScalingRules;
}

function policyFromGo(written: unknown): HPAScalingPolicy {
  const { type, value, periodseconds } = lowered(written);
  return { type, value: value ?? 0, periodSeconds: periodseconds ?? 0 } as HPAScalingPolicy;
}

const lowered = (object: unknown): Readonly<Record<string, unknown>> =>
  Object.fromEntries(Object.entries(object ?? {}).map(([name, value]) => [name.toLowerCase(), value]));
