import {
  type HorizontalPodAutoscaler as HorizontalPodAutoscalerV1,
  horizontalpodautoscalers as v1,
} from '@typernetes/api/autoscaling/v1';
import { type HorizontalPodAutoscaler, horizontalpodautoscalers as v2 } from '@typernetes/api/autoscaling/v2';
import {
  validateHorizontalPodAutoscaler,
  validateHorizontalPodAutoscalerStatus,
  validateHorizontalPodAutoscalerUpdate,
} from '@typernetes/api/validation';
import { part, serve } from '../serve.ts';
import type { ServedResource } from '../served-resource.ts';
import { splitStatusStrategy, splitStrategy } from '../strategies.ts';
import type { Strategy, StrategyContext } from '../strategy.ts';
import { fromV2, toV2 } from './conversion.ts';
import { horizontalPodAutoscalerPrinter } from './horizontal-pod-autoscaler-printer.ts';

const rulesOf = ({ featureEnabled }: StrategyContext) => ({ toZero: featureEnabled('HPAScaleToZero') });

const strategy: Strategy<HorizontalPodAutoscaler> = {
  ...splitStrategy,
  prepareForCreate(next) {
    next.status = { desiredReplicas: 0 };
  },
  validate: (next, context) => validateHorizontalPodAutoscaler(next, rulesOf(context)),
  validateUpdate: (next, old, context) => validateHorizontalPodAutoscalerUpdate(next, old, rulesOf(context)),
  keepsGeneration: true,
};

const statusStrategy: Strategy<HorizontalPodAutoscaler> = {
  ...splitStatusStrategy,
  validateUpdate: validateHorizontalPodAutoscalerStatus,
  keepsGeneration: true,
};

/** Uses the rules of the newer version, which can express everything. */
const strategyV1: Strategy<HorizontalPodAutoscalerV1> = {
  ...splitStrategy,
  prepareForCreate(next) {
    next.status = { currentReplicas: 0, desiredReplicas: 0 };
  },
  validate: (next, context) => validateHorizontalPodAutoscaler(toV2(next), rulesOf(context)),
  validateUpdate: (next, old, context) =>
    validateHorizontalPodAutoscalerUpdate(toV2(next), toV2(old), rulesOf(context)),
  keepsGeneration: true,
};

const statusStrategyV1: Strategy<HorizontalPodAutoscalerV1> = {
  ...splitStatusStrategy,
  validateUpdate: (next) => validateHorizontalPodAutoscalerStatus(toV2(next)),
  keepsGeneration: true,
};

/** The stored object gets the newer version's default, which v1 shows from then on. */
function measured(autoscaler: HorizontalPodAutoscaler): HorizontalPodAutoscaler {
  const { spec } = autoscaler;
  if (spec.metrics?.length) return autoscaler;
  const target = { type: 'Utilization', averageUtilization: 80 } as const;
  return { ...autoscaler, spec: { ...spec, metrics: [{ type: 'Resource', resource: { name: 'cpu', target } }] } };
}

export const autoscalingResources: readonly ServedResource[] = [
  serve(v2, {
    strategy,
    subresources: { status: part(statusStrategy) },
    printer: horizontalPodAutoscalerPrinter,
  }),
  serve<HorizontalPodAutoscalerV1>(v1, {
    strategy: strategyV1,
    subresources: { status: part(statusStrategyV1) },
    printer: {
      columns: horizontalPodAutoscalerPrinter.columns,
      cells: (autoscaler, now) => horizontalPodAutoscalerPrinter.cells(toV2(autoscaler), now),
    },
    storedAs: { type: v2, toStored: (autoscaler) => measured(toV2(autoscaler)), fromStored: fromV2 },
  }),
];
