import { ipaddresses, type ServiceCIDR, servicecidrs } from '@typernetes/api/networking/v1';
import { timestamp } from '@typernetes/base';
import { controller, type Wake, wakeOn } from '@typernetes/client';
import { ifFound, keyOf, withCondition } from '@typernetes/machinery';
import { protect } from '../claims/finalizers.ts';
import type { ControllerDefinition } from '../context/controller-context.ts';
import { finalizer, planRange } from './plan.ts';

/**
 * An address may have been allocated from the range just now: the range is released only when it stayed unused for this
 * long.
 */
const graceMs = 10_000;

export const serviceCidrController: ControllerDefinition = {
  name: 'service-cidr-controller',
  serviceAccount: 'service-cidrs-controller',
  build({ client, informers, events, clock, observeQueue, log }) {
    const ranges = informers.for(servicecidrs);
    const addresses = informers.for(ipaddresses);
    const writer = client.resource(servicecidrs);
    const recorder = events('service-cidr-controller');
    const since = new Map<string, number>();
    const reconciler = {
      name: 'service-cidr-controller',
      async reconcile(key: string) {
        const range = ranges.lister.get(key);
        if (!range) {
          since.delete(key);
          return {};
        }
        const others = ranges.lister
          .list()
          .filter(({ metadata }) => metadata.name !== key && metadata.deletionTimestamp === undefined);
        const now = clock.now();
        const plan = planRange(range, { others, addresses: addresses.lister.list(), timestamp: timestamp(now) });
        if (plan.finalizer === 'remove') {
          const first = since.get(key) ?? clock.monotonic();
          since.set(key, first);
          const left = first + graceMs - clock.monotonic();
          if (left > 0) return { requeueAfterMs: left };
        } else since.delete(key);
        await protect(range, { protection: plan.finalizer, finalizer, client: writer });
        if (plan.condition) {
          const reference = { apiVersion: 'networking.k8s.io/v1', kind: servicecidrs.kind, metadata: range.metadata };
          if (plan.condition.status === 'False')
            recorder.event(reference, 'Warning', 'KubernetesServiceCIDRError', plan.condition.message);
          const conditions = withCondition(range.status?.conditions, plan.condition, { now: timestamp(now) });
          const change = { status: { conditions } };
          await ifFound(writer.patch({ name: key }, change, { type: 'merge', subresource: 'status' }));
        }
        return {};
      },
    };
    const isLeaving = ({ metadata }: ServiceCIDR): boolean => metadata.deletionTimestamp !== undefined;
    const freed: Wake = {
      untilSynced: (signal) => addresses.untilSynced(signal),
      attach: (queue) =>
        addresses.onEvent({
          deleted() {
            for (const range of ranges.lister.list()) if (isLeaving(range)) queue.add(keyOf(range));
          },
        }),
    };
    /** A new range may contain the addresses of one that is being deleted. */
    const wakes = [
      wakeOn(ranges, (range) => [keyOf(range), ...ranges.lister.list().filter(isLeaving).map(keyOf)]),
      freed,
    ];
    return controller({ reconciler, wakes, workers: 1, clock, log, observeQueue });
  },
};
