import { hostname } from 'node:os';
import { serviceaccounts } from '@typernetes/api/core/v1';
import { type Logger, type Runnable, runAll, systemClock, systemRandom } from '@typernetes/base';
import { type ApiClient, eventPace, seriesRecorder, sharedInformers } from '@typernetes/client';
import { defaultSettings, runControllerManager, selectControllers } from '@typernetes/controllers';
import { hollowNodes } from '@typernetes/hollow';
import { Scheduler } from '@typernetes/scheduler';
import type { Authority } from './authority.ts';
import type { ControlPlaneOptions } from './control-plane-options.ts';

export const serviceRange = '10.96.0.0/12';

interface Surroundings {
  /** A client for the program of that name, which becomes the manager of the fields it writes. */
  readonly clientOf: (program: string) => ApiClient;
  readonly authority: Authority;
  /** The key that signs service account tokens, in PEM. */
  readonly tokenKey: string;
  readonly log: Logger;
  /** Whether a feature gate of the API server is enabled. */
  readonly gateIsOn: (gate: string) => boolean;
}

/** The parts that run beside the API server: controllers, scheduler, hollow nodes, each if wanted. */
export function partsOf(
  options: ControlPlaneOptions,
  { clientOf, authority, tokenKey, log, gateIsOn }: Surroundings,
): Runnable[] {
  const { controllers = [], scheduler = true, nodes = 0, nodeAmounts, podCourse } = options;
  const parts: Runnable[] = [];
  if (controllers.length > 0) {
    const client = clientOf('kube-controller-manager');
    const manager = {
      client,
      anonymous: client.transport,
      controllers,
      useServiceAccounts: false,
      clock: systemClock,
      random: systemRandom,
      log,
      settings: {
        ...defaultSettings,
        rootCa: authority.identity.certificate,
        clusterSigner: authority.identity,
        serviceAccountPrivateKey: tokenKey,
        serviceClusterIpRange: serviceRange,
        storageVersionMigrator: gateIsOn('StorageVersionMigrator'),
        autoscalingToZero: gateIsOn('HPAScaleToZero'),
      },
    };
    parts.push({ name: 'controllers', run: (signal) => runControllerManager(manager, signal) });
  }
  if (scheduler) parts.push(scheduling(clientOf('kube-scheduler'), log));
  const names = typeof nodes === 'number' ? Array.from({ length: nodes }, (_, index) => `node-${index + 1}`) : nodes;
  if (names.length > 0) {
    const given = { ...(nodeAmounts ? { amounts: nodeAmounts } : {}), ...(podCourse ? { course: podCourse } : {}) };
    parts.push(hollowNodes({ client: clientOf('kubelet'), names, log, ...given }));
  }
  return parts;
}

function scheduling(client: ApiClient, log: Logger): Runnable {
  return {
    name: 'scheduler',
    async run(signal) {
      const clock = systemClock;
      const informers = sharedInformers({ client, clock, log });
      const pace = eventPace({ clock, isBusy: () => scheduler.isBusy });
      const reported = { controller: 'default-scheduler', host: hostname() };
      const events = seriesRecorder({ client, ...reported, clock, log, signal, pace });
      const deps = { client, informers, events: () => events, clock, random: systemRandom, log };
      const scheduler = new Scheduler({}, deps);
      await runAll([informers, scheduler], signal);
    },
  };
}

/** Waits until the default service account exists: without it, pods of the default namespace cannot be created. */
export async function untilPodsHaveAccounts(client: ApiClient, controllers: readonly string[]): Promise<void> {
  if (!selectControllers(controllers).some(({ name }) => name === 'serviceaccount-controller')) return;
  const narrowed = { namespace: 'default', fieldSelector: 'metadata.name=default', sendInitialEvents: true };
  const match = { allowWatchBookmarks: true, resourceVersionMatch: 'NotOlderThan' } as const;
  for await (const { type } of client.resource(serviceaccounts).watch({ ...narrowed, ...match })) {
    if (type === 'ADDED') return;
  }
}
