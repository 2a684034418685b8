import type { HorizontalPodAutoscaler as HorizontalPodAutoscalerV1, Scale } from './v1.gen.ts';
import type { HorizontalPodAutoscaler, HPAScalingRules } from './v2.gen.ts';

export function defaultHorizontalPodAutoscaler(autoscaler: HorizontalPodAutoscaler): void {
  const { spec } = autoscaler;
  if (!spec) return;
  spec.minReplicas ??= 1;
  if (!spec.metrics?.length) {
    spec.metrics = [
      { type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 80 } } },
    ];
  }
  if (!spec.behavior) return;
  spec.behavior.scaleUp = completed(spec.behavior.scaleUp, {
    stabilizationWindowSeconds: 0,
    policies: [
      { type: 'Pods', value: 4, periodSeconds: 15 },
      { type: 'Percent', value: 100, periodSeconds: 15 },
    ],
  });
  spec.behavior.scaleDown = completed(spec.behavior.scaleDown, {
    policies: [{ type: 'Percent', value: 100, periodSeconds: 15 }],
  });
}

/** Where upstream's conversion keeps the metrics that v1 cannot express. */
const metricsAnnotation = 'autoscaling.alpha.kubernetes.io/metrics';

/** The default target is that of upstream's conversion: for an autoscaler that measures nothing else. */
export function defaultHorizontalPodAutoscalerV1({ metadata, spec }: HorizontalPodAutoscalerV1): void {
  if (!spec) return;
  spec.minReplicas ??= 1;
  if (!hasMetrics(metadata?.annotations?.[metricsAnnotation])) spec.targetCPUUtilizationPercentage ??= 80;
}

function hasMetrics(text: string | undefined): boolean {
  if (text === undefined) return false;
  try {
    const metrics: unknown = JSON.parse(text);
    return Array.isArray(metrics) && metrics.length > 0;
  } catch (error) {
    // Anybody may have written the annotation.
    if (error instanceof SyntaxError) return false;
    throw error;
  }
}

export function defaultScale(scale: Scale): void {
  scale.spec ??= {};
  scale.spec.replicas ??= 0;
}

/** Each given field takes precedence on its own; the list of policies is replaced as a whole. */
function completed(given: HPAScalingRules | undefined, base: HPAScalingRules): HPAScalingRules {
  const rules: HPAScalingRules = { selectPolicy: 'Max', ...base };
  for (const [key, value] of Object.entries(given ?? {})) {
    if (value != null) Object.assign(rules, { [key]: value });
  }
  return rules;
}
