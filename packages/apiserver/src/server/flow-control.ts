import { flowschemas, prioritylevelconfigurations } from '@typernetes/api/flowcontrol/v1';
import { PriorityAndFairness } from '../flowcontrol/flow-control.ts';
import { flowMetrics } from '../flowcontrol/flow-metrics.ts';
import { inflightLimit } from '../flowcontrol/inflight-limit.ts';
import { flowControlMaintenance } from '../flowcontrol/maintenance.ts';
import { flowControlRoutes } from '../handlers/flow-control-routes.ts';
import type { CompletedConfig } from '../options/api-server-config.ts';
import type { ServerInside } from './api-server.ts';
import type { PartContext } from './part-context.ts';
import type { ApiServerParts } from './part-slots.ts';

/** Whether priority and fairness is on: not when the flags disable it, nor when its configuration is not served. */
export function hasPriorityAndFairness(
  { flowControl }: Pick<CompletedConfig, 'flowControl'>,
  router: Pick<ServerInside['router'], 'serves'>,
): boolean {
  const served = [flowschemas, prioritylevelconfigurations].every(({ group, version, plural }) =>
    router.serves({ apiGroup: group, apiVersion: version, resource: plural }),
  );
  return flowControl.priorityAndFairness && served;
}

/** The limit on concurrent requests, as configured by the flags. */
export function flowControlPart({
  config,
  inside,
  informers,
  client,
  clock,
  log,
}: PartContext): Partial<ApiServerParts> {
  const { reading, mutating } = config.flowControl;
  const { router, metrics } = inside;
  if (!hasPriorityAndFairness(config, router)) return { flowControl: inflightLimit({ reading, mutating }) };
  const flowControl = new PriorityAndFairness(informers, {
    serverSeats: reading + mutating,
    sizeOf: (info) => router.sizeOf(info),
    bySize: config.featureGates.isOn('SizeBasedListCostEstimate'),
    requestTimeoutMs: config.shutdown.graceMs,
    clock,
    metrics: flowMetrics(metrics),
  });
  return {
    flowControl,
    background: [flowControl.adjustment, flowControlMaintenance({ client, informers, clock, log })],
    routes: [flowControlRoutes(() => flowControl.levels)],
  };
}
