import type { Pod } from '@typernetes/api/core/v1';
import type { VolumeBindingArgs } from '@typernetes/api/kubescheduler.config/v1';
import { compareQuantities, jsonEqual, parseQuantity } from '@typernetes/machinery';
import { wakeUp } from '../framework/cluster-event.ts';
import type { SchedulerPlugin } from '../framework/plugin.ts';
import type { PluginHandle } from '../framework/plugin-handle.ts';
import { accept, refuse } from '../framework/verdict.ts';
import { VolumeBinder } from '../volumes/binder.ts';
import { claimsOf, hasClaims, usesClaim } from '../volumes/claims.ts';
import { capacityLimit, planVolumes, type SortedClaims, sortClaims, type VolumePlan } from '../volumes/plan.ts';
import { storageView } from '../volumes/storage-view.ts';

interface Prepared {
  readonly claims: SortedClaims;
  readonly plans: Map<string, VolumePlan>;
}

/** Bound volumes must be reachable from the node; claims that wait for their pod must find volumes there, or be provisioned for it. */
export function volumeBinding(args: Partial<VolumeBindingArgs>, handle: PluginHandle): SchedulerPlugin<Prepared> {
  const storage = storageView(handle.informers);
  const binder = new VolumeBinder(handle, storage, (args.bindTimeoutSeconds ?? 600) * 1000);
  return {
    name: 'VolumeBinding',
    wakesOn: [
      wakeUp('StorageClass', ['add', 'update'], {
        helps: (_pod, { object, old }) => !old || !jsonEqual(object.allowedTopologies, old.allowedTopologies),
      }),
      wakeUp('PersistentVolumeClaim', ['add', 'update'], {
        helps: (pod, { object: { metadata } }) =>
          metadata.namespace === pod.metadata.namespace && usesClaim(pod, metadata.name),
      }),
      wakeUp('PersistentVolume', ['add', 'update']),
      wakeUp('Node', ['add', 'update'], { parts: ['labels'] }),
      wakeUp('CSINode', ['add']),
      wakeUp('CSIDriver', ['update'], {
        helps: (_pod, { object, old }) => !!old?.spec.storageCapacity && !object.spec.storageCapacity,
      }),
      wakeUp('CSIStorageCapacity', ['add', 'update'], {
        helps: (_pod, { object, old }) => {
          if (!old) return true;
          const [now, before] = [capacityLimit(object), capacityLimit(old)];
          return now !== undefined && (!before || compareQuantities(parseQuantity(now), parseQuantity(before)) > 0);
        },
      }),
    ],
    prepare: (pod: Pod) => {
      if (!hasClaims(pod)) return { skip: true };
      const found = claimsOf(pod, storage);
      if (typeof found === 'string') return { refusal: refuse(found) };
      const claims = sortClaims(found, storage);
      if (claims.immediate.length > 0) return { refusal: refuse('pod has unbound immediate PersistentVolumeClaims') };
      return { prepared: { claims, plans: new Map() } };
    },
    filter: (_pod, { node, name }, { claims, plans }) => {
      const plan = planVolumes(claims, node, storage);
      if (!('bindings' in plan)) return refuse(...plan);
      plans.set(name, plan);
      return accept;
    },
    reserve: ({ node }, prepared) => {
      const plan = prepared?.plans.get(node.name);
      if (plan) binder.assume(plan, node.name);
      return undefined;
    },
    unreserve: ({ node }, prepared) => {
      const plan = prepared?.plans.get(node.name);
      if (plan) binder.forget(plan);
    },
    preBindPreFlight: ({ node }, prepared) => {
      const plan = prepared?.plans.get(node.name);
      return plan !== undefined && plan.bindings.length + plan.provisions.length > 0;
    },
    preBind: (placed, prepared, signal) => {
      const plan = prepared?.plans.get(placed.node.name);
      if (!plan) return undefined;
      return binder.bind(plan, placed, signal).then(() => undefined);
    },
  };
}
