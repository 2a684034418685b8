import { type Pod, serviceaccounts } from '@typernetes/api/core/v1';
import type { Clock } from '@typernetes/base';
import type { ApiClient } from '@typernetes/client';
import type { ControllerSettings } from '@typernetes/controllers';
import { isNotFound } from '@typernetes/machinery';
import { eventually, withApi } from './api.ts';
import { beside, controllers, scheduler } from './control-plane.ts';
import { hollow } from './hollow.ts';

export interface ClusterOptions {
  readonly nodes?: readonly string[];
  readonly settings?: Partial<ControllerSettings>;
  readonly clock?: Clock;
  readonly becomesReady?: (pod: Pod) => boolean;
}

/** A whole cluster in this process, except for containers: API server, controllers, scheduler and hollow nodes. */
export function withCluster(options: ClusterOptions, use: (client: ApiClient) => Promise<void>): Promise<void> {
  const { nodes = ['node-1', 'node-2'], clock, settings, becomesReady } = options;
  const timed = clock ? { clock } : {};
  return withApi((client) => {
    const parts = [controllers(client, { ...timed, ...(settings ? { settings } : {}) }), scheduler(client, timed)];
    return beside([...parts, hollow(client, { names: nodes, becomesReady, ...timed })], async () => {
      await untilFound(() => client.resource(serviceaccounts).get({ namespace: 'default', name: 'default' }));
      await use(client);
    });
  });
}

/** The result of `get` as soon as the object exists. */
export function untilFound<T>(get: () => Promise<T>): Promise<T> {
  return eventually(() =>
    get().catch((error: unknown) => {
      if (isNotFound(error)) return undefined;
      throw error;
    }),
  );
}
