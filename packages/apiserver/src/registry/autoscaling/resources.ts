import {
  type HorizontalPodAutoscaler as HorizontalPodAutoscalerV1,
  horizontalpodautoscalers as v1,
} from '@typernetes/api/autoscaling/v1';
import { horizontalpodautoscalers as v2 } from '@typernetes/api/autoscaling/v2';
import type { ApiObject } from '@typernetes/machinery';
import { part, serve } from '../serve.ts';
import type { ServedResource } from '../served-resource.ts';
import { splitStatusStrategy, splitStrategy } from '../strategies.ts';
import type { Strategy } from '../strategy.ts';
import { fromV2, toV2 } from './conversion.ts';
import { horizontalPodAutoscalerPrinter } from './horizontal-pod-autoscaler-printer.ts';

const strategy: Strategy<ApiObject & { status?: object }> = {
  ...splitStrategy,
  prepareForCreate(next) {
    next.status = { desiredReplicas: 0 };
  },
  keepsGeneration: true,
};
const statusStrategy: Strategy = { ...splitStatusStrategy, keepsGeneration: true };

export const autoscalingResources: readonly ServedResource[] = [
  serve(v2, {
    strategy,
    subresources: { status: part(statusStrategy) },
    printer: horizontalPodAutoscalerPrinter,
  }),
  serve<HorizontalPodAutoscalerV1>(v1, {
    strategy,
    subresources: { status: part(statusStrategy) },
    printer: {
      columns: horizontalPodAutoscalerPrinter.columns,
      cells: (autoscaler, now) => horizontalPodAutoscalerPrinter.cells(toV2(autoscaler), now),
    },
    storedAs: { type: v2, toStored: toV2, fromStored: fromV2 },
  }),
];
