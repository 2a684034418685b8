import { type Runnable, runAll } from '@typernetes/base';
import { controller, type Wake } from '@typernetes/client';
import type { ControllerContext, ControllerDefinition } from '../controller-context.ts';
import { OwnershipGraph } from './graph.ts';
import { Monitors } from './monitors.ts';
import { collector } from './reconciler.ts';

export const garbageCollectorController: ControllerDefinition = {
  name: 'garbage-collector-controller',
  serviceAccount: 'generic-garbage-collector',
  build: buildCollector,
};

function buildCollector({ client, informers, clock, log }: ControllerContext): Runnable {
  const monitors = new Monitors({ client, informers, clock, log });
  const graph = new OwnershipGraph(monitors.resolve);
  const attached = new Set<(uids: readonly string[]) => void>();
  const wake = (uids: readonly string[]): void => {
    for (const add of attached) add(uids);
  };
  /** Work begins at once: what is not in the graph yet is read from the server before anything is deleted. */
  const graphChanges: Wake = {
    untilSynced: () => Promise.resolve(),
    attach(queue) {
      const add = (uids: readonly string[]): void => {
        for (const uid of uids) queue.add(uid);
      };
      attached.add(add);
      return () => attached.delete(add);
    },
  };
  const reconciler = collector({ graph, client, resolve: monitors.resolve, wake });
  const loop = controller({ reconciler, wakes: [graphChanges], workers: 20, clock, log });
  const following: Runnable = {
    name: 'garbage-collector monitors',
    run: (signal) => monitors.run(graph, wake, signal),
  };
  return { name: 'garbage-collector-controller', run: (signal) => runAll([loop, following], signal) };
}
