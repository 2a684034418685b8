import { nodes } from '@typernetes/api/core/v1';
import { controller, type Wake } from '@typernetes/client';
import { ifFound, keyOf } from '@typernetes/machinery';
import type { ControllerDefinition } from '../context/controller-context.ts';
import { secondsOf, ttlStep } from './plan.ts';

const annotation = 'node.alpha.kubernetes.io/ttl';

export const ttlController: ControllerDefinition = {
  name: 'ttl-controller',
  serviceAccount: 'ttl-controller',
  build({ client, informers, clock, observeQueue, log }) {
    const informer = informers.for(nodes);
    const writer = client.resource(nodes);
    let step = 0;
    let count = 0;
    const reconciler = {
      name: 'ttl-controller',
      async reconcile(key: string) {
        const node = informer.lister.get(key);
        const value = String(secondsOf(step));
        if (!node || node.metadata.annotations?.[annotation] === value) return {};
        const change = { metadata: { annotations: { [annotation]: value } } };
        await ifFound(writer.patch({ name: key }, change, { type: 'strategic' }));
        return {};
      },
    };
    const wakes: Wake = {
      untilSynced: (signal) => informer.untilSynced(signal),
      attach(queue) {
        const counted = (by: number): void => {
          count += by;
          const next = ttlStep(count, step);
          if (next === step) return;
          step = next;
          for (const node of informer.lister.list()) queue.add(keyOf(node));
        };
        return informer.onEvent({
          added(node) {
            counted(1);
            queue.add(keyOf(node));
          },
          // Not with each heartbeat.
          updated(node, old) {
            if (node.metadata.annotations?.[annotation] !== old.metadata.annotations?.[annotation])
              queue.add(keyOf(node));
          },
          deleted: () => counted(-1),
        });
      },
    };
    return controller({ reconciler, wakes: [wakes], workers: 5, clock, log, observeQueue });
  },
};
