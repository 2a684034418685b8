import { join } from 'node:path';
import { resourceclaims } from '@typernetes/api/resource/v1';
import { type Clock, type Logger, messageOf, type Runnable, runAll } from '@typernetes/base';
import type { ApiClient } from '@typernetes/client';
import type { Metrics } from '@typernetes/process';
import { claimCheckpoint } from './claim-state.ts';
import { DeviceHealths } from './device-health.ts';
import { DraManager, type DraManagerOptions } from './dra-manager.ts';
import { type DraMetrics, draMetrics } from './dra-metrics.ts';
import { DraPlugins } from './dra-plugins.ts';
import { wipeSlices } from './slice-wiper.ts';

interface OpenDraOptions extends Pick<DraManagerOptions, 'active' | 'onHealth'> {
  readonly rootDir: string;
  readonly nodeName: string;
  readonly client: ApiClient;
  readonly isRegistered: () => boolean;
  readonly metrics?: Metrics;
  readonly clock: Clock;
  readonly log: Logger;
}

/** Dynamic resources of this node. */
export interface Dra extends Runnable {
  readonly manager: DraManager;
  readonly plugins: DraPlugins;
}

export async function openDra(options: OpenDraOptions): Promise<Dra> {
  const { rootDir, client, metrics, clock, log } = options;
  const observer: DraMetrics | undefined = metrics && draMetrics(metrics, () => manager.inUse);
  const plugins = new DraPlugins({
    wipe: (driver, signal) => wipeSlices(driver, options, signal),
    onHealth: (driver, devices) => {
      manager.updateHealth(driver, devices).catch((error: unknown) => {
        log.warn('Cannot note the health of devices', { driver, error: messageOf(error) });
      });
    },
    ...(observer ? { onCall: observer.call } : {}),
    clock,
    log,
  });
  const manager = await DraManager.open({
    ...options,
    claims: client.resource(resourceclaims),
    drivers: plugins,
    checkpoint: claimCheckpoint(join(rootDir, 'dra_manager_state')),
    healths: await DeviceHealths.open(join(rootDir, 'dra_health_state')),
    ...(observer ? { onOperation: observer.operation } : {}),
  });
  const wiping: Runnable = {
    name: 'slice-wiper',
    // No driver has registered yet, and some may never: until they do, their devices must not be offered.
    run: (signal) => wipeSlices(undefined, options, signal),
  };
  return { name: 'dra', manager, plugins, run: (signal) => runAll([manager, wiping], signal) };
}
